"""Which department asks: its connector signs the question with the key that it enrolled (R74)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.messaging import border, questions
from muster.runtime.context import Context


async def department_of(context: Context, conn: AsyncConnection, packet: str) -> str:
    """The department that asks what became of its extracts. Raises as `questions`."""
    return await questions.department_of(
        conn,
        context.keyring,
        context.service,
        context.profile.departments,
        packet,
        border.ASKS_EXTRACTS,
    )

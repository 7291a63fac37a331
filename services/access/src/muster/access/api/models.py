"""Shapes of requests and answers. Lengths here only bound the work; rules say the rest."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy import Row

from muster.access.handlers.accounts import MOST_GRANTS, Seen
from muster.access.store.accounts import HeldGrant
from muster.contracts.parts.base import Uuid
from muster.security.grants import Grant
from muster.vocabulary.states import Role, Severity

PAGE = 100

Id = Annotated[Uuid, Path()]
After = Annotated[Uuid, Query(description="Id of the last item of the page before.")]
Limit = Annotated[int, Query(ge=1, le=PAGE)]
NOTHING_BEFORE = "00000000-0000-0000-0000-000000000000"

Code = Annotated[str, Field(min_length=1, max_length=12, description="Code of an area.")]
Word = Annotated[str, Field(max_length=200)]
Password = Annotated[str, Field(max_length=1000)]
Sentence = Annotated[str, Field(max_length=2000)]
DepartmentCode = Annotated[
    str, Field(min_length=1, max_length=64, description="Id of a department of the profile.")
]
DepartmentId = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,64}$")]
PublicJwk = dict[Annotated[str, Field(max_length=20)], Annotated[str, Field(max_length=100)]]
Compact = Annotated[str, Field(max_length=4000, description="Compact JWS.")]


def _only_text(value: object) -> object:
    """A number would be taken as seconds since 1970, which nobody means."""
    if not isinstance(value, str):
        raise ValueError("a moment is RFC 3339 text")  # noqa: TRY004 - Pydantic takes ValueError
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_only_text)]


class ReasonAnswer(BaseModel):
    field: str
    rule: str
    zh: str
    en: str
    severity: Severity


class Problem(BaseModel):
    """What every refusal looks like (RFC 9457, ``application/problem+json``)."""

    type: str
    title: str
    status: int
    reasons: list[ReasonAnswer]
    trace_id: str | None


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Refusals of a route, for its description: those of every route, and these."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"model": Problem, "content": content, "description": HTTPStatus(status).phrase}
        for status in sorted({400, 422, 503, *statuses})
    }


class Request(BaseModel):
    """Base of every request."""

    model_config = ConfigDict(extra="forbid")


class GrantAsked(Request):
    """A role in an area and everything below it; from now and without end unless said."""

    role: Role
    area: Code
    valid_from: Moment | None = None
    valid_until: Moment | None = None


Grants = Annotated[list[GrantAsked], Field(max_length=MOST_GRANTS)]


class NewAccount(Request):
    username: Word
    password: Password
    area: Code
    grants: Grants = []
    reason: Sentence | None = None


class MoreGrants(Request):
    grants: Annotated[Grants, Field(min_length=1)]
    reason: Sentence | None = None


class Because(Request):
    reason: Sentence | None = None


class NewPassword(Request):
    password: Password
    reason: Sentence | None = None


class OwnPassword(Request):
    current_password: Password
    new_password: Password


class SignIn(Request):
    username: Word
    password: Password
    terminal_assertion: Compact | None = None


class NewSession(Request):
    code: Word
    code_verifier: Word
    redirect_uri: Word
    client_id: Word
    terminal_assertion: Compact | None = None


class NewEnrolment(Request):
    area: Code
    label: Word
    department: DepartmentCode | None = None


class NewTerminal(Request):
    code: Word
    jwk: PublicJwk
    proof: Compact


class NewDepartment(Request):
    code: Word
    keys: Annotated[list[PublicJwk], Field(max_length=2)]
    proof: Compact


class GrantAnswer(BaseModel):
    role: Role
    area: str
    valid_from: datetime
    valid_until: datetime | None

    @classmethod
    def of(cls, grant: Grant) -> GrantAnswer:
        return cls(
            role=grant.role,
            area=grant.area,
            valid_from=grant.valid_from,
            valid_until=grant.valid_until,
        )


class HeldGrantAnswer(GrantAnswer):
    grant_id: str

    @classmethod
    def held(cls, held: HeldGrant) -> HeldGrantAnswer:
        return cls(grant_id=held.grant_id, **GrantAnswer.of(held.grant).model_dump())


class AccountAnswer(BaseModel):
    """An account, with those of its grants that lie in the reader's areas."""

    account_id: str
    username: str
    active: bool
    area: str
    version: int
    locked_until: datetime | None
    created_at: datetime
    grants: list[HeldGrantAnswer]

    @classmethod
    def of(cls, seen: Seen) -> AccountAnswer:
        row, grants = seen
        return cls(
            account_id=row.account_id,
            username=row.username,
            active=row.active,
            area=row.area,
            version=row.version,
            locked_until=row.locked_until,
            created_at=row.created_at,
            grants=[HeldGrantAnswer.held(one) for one in grants],
        )


class AccountsAnswer(BaseModel):
    accounts: list[AccountAnswer]
    next: str | None


class TokenAnswer(BaseModel):
    """RFC 6749 section 5.1, and what the token says, so that a client need not take it apart."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int
    account_id: str
    terminal_id: str | None
    grants_version: int
    grants: list[GrantAnswer]


class MeAnswer(BaseModel):
    account_id: str
    terminal_id: str | None
    grants: list[GrantAnswer]


class SessionAnswer(BaseModel):
    """Who is signed in, and at which terminal if at one. `expires_at` is when the token at hand
    ends unless it is renewed; the token itself is nowhere but in the cookie."""

    account_id: str
    username: str
    terminal_id: str | None = None
    grants: list[GrantAnswer]
    expires_at: datetime


class JwksAnswer(BaseModel):
    keys: list[dict[str, str]]


class EnrolmentAnswer(BaseModel):
    enrolment_id: str
    code: str
    area: str
    label: str
    department: str | None
    expires_at: datetime


class TerminalAnswer(BaseModel):
    terminal_id: str
    area: str
    label: str
    enrolled_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: Row[Any]) -> TerminalAnswer:
        return cls(
            terminal_id=row.terminal_id,
            area=row.area,
            label=row.label,
            enrolled_at=row.enrolled_at,
            revoked_at=row.revoked_at,
        )


class TerminalsAnswer(BaseModel):
    terminals: list[TerminalAnswer]
    next: str | None


class DepartmentAnswer(BaseModel):
    department: str
    area: str
    label: str
    version: int
    enrolled_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: Row[Any]) -> DepartmentAnswer:
        return cls(
            department=row.department,
            area=row.area,
            label=row.label,
            version=row.version,
            enrolled_at=row.enrolled_at,
            revoked_at=row.revoked_at,
        )


class DepartmentsAnswer(BaseModel):
    departments: list[DepartmentAnswer]

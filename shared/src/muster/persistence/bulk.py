"""Sets of rows in one statement each: no per-row round trips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.sql.selectable import TextualSelect
from sqlalchemy.types import JSON

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_IDS = ARRAY(UUID(as_uuid=False))
_TEXTS = ARRAY(Text)
_NUMBERS = ARRAY(BigInteger)


def _sql_type(table: Table, column: str) -> str:
    return str(table.c[column].type.compile(_DIALECT))


@lru_cache(maxsize=256)
def _statement(
    table: Table, columns: tuple[str, ...], conflict: str, returning: tuple[str, ...]
) -> TextClause | TextualSelect:
    sent, selected = [], []
    for name in columns:
        if isinstance(table.c[name].type, JSON | ARRAY):
            # An array of jsonb, or of arrays of any length, cannot be sent as one parameter: the
            # text of each can.
            sent.append(f"CAST(:{name} AS text[])")
            selected.append(f'CAST(rows."{name}" AS {_sql_type(table, name)})')
        else:
            sent.append(f"CAST(:{name} AS {_sql_type(table, name)}[])")
            selected.append(f'rows."{name}"')
    names = ", ".join(f'"{name}"' for name in columns)
    # Every name here is a column of a Table of ours; values travel as parameters.
    parts = [
        f"INSERT INTO {table.name} ({names})",
        f"SELECT {', '.join(selected)} FROM unnest({', '.join(sent)}) WITH ORDINALITY",  # noqa: S608
        f"AS rows({names}, row_order) ORDER BY rows.row_order",
        conflict,
    ]
    if not returning:
        return text(" ".join(parts))
    quoted = (f'"{name}"' for name in returning)
    parts.append(f"RETURNING {', '.join(quoted)}")
    return text(" ".join(parts)).columns(*(table.c[name] for name in returning))


def _array(values: Sequence[object]) -> str:
    """An array of one dimension, without nulls, as PostgreSQL reads it from text."""
    quoted = (str(v).replace("\\", "\\\\").replace('"', '\\"') for v in values)
    return "{" + ",".join(f'"{v}"' for v in quoted) + "}"


async def insert_rows(
    conn: AsyncConnection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    conflict: str = "",
    returning: Sequence[str] = (),
) -> list[Mapping[str, Any]]:
    """Insert rows, in their order, with one statement whatever their number.

    Args:
        rows: mappings with the same keys, which are column names.
        conflict: an ``ON CONFLICT ...`` clause, as SQL of ours.
        returning: columns to give back for the rows that were written.
    """
    if not rows:
        return []
    columns = tuple(rows[0])
    values: dict[str, list[Any]] = {}
    for name in columns:
        column = [row[name] for row in rows]
        if isinstance(table.c[name].type, JSON):
            column = [None if v is None else orjson.dumps(v).decode() for v in column]
        elif isinstance(table.c[name].type, ARRAY):
            column = [None if v is None else _array(v) for v in column]
        values[name] = column
    result = await conn.execute(_statement(table, columns, conflict, tuple(returning)), values)
    return [dict(row) for row in result.mappings()] if returning else []


def in_ids(column: Column[str], name: str) -> ColumnElement[bool]:
    """``column = ANY(:name)``, where ids are given as `sent` gives them.

    For a statement that is built once: to build one costs more than to run it.
    """
    return column == any_(cast(bindparam(name, type_=_IDS), _IDS))


def in_texts(column: Column[str], name: str) -> ColumnElement[bool]:
    """As `in_ids`, for texts."""
    return column == any_(cast(bindparam(name, type_=_TEXTS), _TEXTS))


def in_numbers(column: Column[int], name: str) -> ColumnElement[bool]:
    """As `in_ids`, for the numbers of rows, given as a list."""
    return column == any_(cast(bindparam(name, type_=_NUMBERS), _NUMBERS))


def sent(values: Iterable[str]) -> list[str]:
    """Ids or texts as a parameter: each once and in order."""
    return sorted(set(values))

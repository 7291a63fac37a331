"""Small helpers that every repository uses: arrays as one parameter."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ARRAY, Column, ColumnElement, Text, any_, bindparam, cast
from sqlalchemy.dialects.postgresql import UUID


def among_ids(column: Column[str], values: Iterable[str]) -> ColumnElement[bool]:
    """``column = ANY(ids)``: one parameter whatever their number."""
    sent: Sequence[str] = sorted(set(values))
    array = bindparam(None, sent, type_=ARRAY(UUID(as_uuid=False)), unique=True)
    return column == any_(cast(array, ARRAY(UUID(as_uuid=False))))


def among_texts(column: Column[str], values: Iterable[str]) -> ColumnElement[bool]:
    """``column = ANY(texts)``."""
    sent: Sequence[str] = sorted(set(values))
    array = bindparam(None, sent, type_=ARRAY(Text), unique=True)
    return column == any_(cast(array, ARRAY(Text)))

"""What may be said of data that do not have the agreed shape: members that are declared, and no
more. The keys of a mapping, and members that nobody knows, are the sender's: they may be anybody's
name or number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from muster.vocabulary.reasons import Reason


def members(kind: Any, error: ValidationError) -> list[str]:
    """The members that do not fit, dotted, each as far as `kind` (a model) declares it."""
    return sorted(filter(None, {declared(kind, found["loc"]) for found in error.errors()}))


def declared(kind: Any, place: Sequence[str | int]) -> str:
    """The dotted beginning of a pydantic location that consists of positions and of members that
    `kind`, a model or a type made of models, declares; empty when it declares none of it."""
    told: list[str] = []
    models = list(_models(kind))
    for step in place:
        if isinstance(step, str):
            found = [one.model_fields[step] for one in models if step in one.model_fields]
            if not found:
                break
            models = [model for member in found for model in _models(member.annotation)]
        told.append(str(step))
    return ".".join(told)


def misshapen(kind: Any, error: ValidationError) -> Reason:
    """Why a message whose part is no `kind` is not taken; holds nothing of its content."""
    found = members(kind, error)
    return Reason(
        "message",
        "part-shape",
        "内容与约定的格式不符" + (f"，字段：{'、'.join(found)}。" if found else "。"),
        "The content does not have the agreed shape"
        + (f"; fields: {', '.join(found)}." if found else "."),
    )


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    """The models of which a type is made, those inside of them left out."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    else:
        for inner in get_args(kind):
            yield from _models(inner)

"""What a reviewer's completion makes of a record, and what of it the person did not sign (R71)."""

from collections.abc import Mapping

from muster.vocabulary.states import Source

Value = str | int | bool | list[str]
Fields = dict[str, Value]


def completed(
    fields: Mapping[str, Value],
    provenance: Mapping[str, str],
    changes: Mapping[str, Value | None],
) -> tuple[Fields, dict[str, str]]:
    """Fields and their sources with the changes put in; None takes a field away. What is given as
    it stands already keeps its source."""
    now, sources = dict(fields), dict(provenance)
    for name, value in changes.items():
        if value is None:
            now.pop(name, None)
            sources.pop(name, None)
        elif name not in now or now[name] != value or type(now[name]) is not type(value):
            now[name] = value
            sources[name] = Source.REVIEWER.value
    return now, sources


def typed_over(
    fields: Mapping[str, Value], provenance: Mapping[str, str], sources: Mapping[str, str]
) -> dict[str, Value]:
    """What the chip says of the fields that are its own no longer, changed or taken away."""
    chip = Source.CHIP.value
    return {
        name: fields[name]
        for name, source in provenance.items()
        if source == chip and sources.get(name) != chip
    }


def unsigned(signed: Mapping[str, Value], fields: Mapping[str, Value]) -> tuple[str, ...]:
    """The fields that are not as they were signed: changed, added or taken away."""
    names = signed.keys() | fields.keys()
    return tuple(sorted(name for name in names if signed.get(name) != fields.get(name)))

"""From the YAML of a profile to its parts. Raises ProfileError with file and line on a mistake."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar, get_args

from muster.forms.fields import read_fields
from muster.forms.model import (
    MODES,
    Cadence,
    Category,
    Department,
    EvidenceRequirement,
    Field,
    Label,
    Phase,
    Rule,
    Task,
)
from muster.forms.names import DASHED_ID, ID, Names
from muster.forms.rules import Check, read_rule
from muster.forms.source import Node, read, suggestion
from muster.forms.text import plain_key
from muster.vocabulary.areas import AreaTree, UnknownArea
from muster.vocabulary.data import data_path
from muster.vocabulary.states import AreaLevel, Severity

_VERSION = re.compile(r"[A-Za-z0-9._/-]{1,100}")
_DAYS = re.compile(r"P([0-9]{1,3})D")
_SPAN = re.compile(r"P(?:([0-9]{1,3})D)?(?:T([0-9]{1,3})H)?")
# A section, its entries, and the attributes of an entry: what a locality may lay over the base.
_MERGE_DEPTH = 2
_TOP = {
    "base", "id", "form_version", "zh", "en", "source", "area", "areas_on", "standard_time",
    "collected_where", "basis_for_benefits", "benefits_notice", "voluntary_decline", "cadence",
    "phases", "report_chain", "departments", "sections", "matters", "identified_by", "fields",
    "groups", "review_desks", "categories", "category_headers", "papers", "evidence", "rules",
    "baseline_required", "attestation_grace", "inherits_because",
}  # fmt: skip
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that was read; Profile gives it a face."""

    id: str
    form_version: str
    title: Label
    source: str
    area: str
    areas_on: date
    areas: AreaTree
    standard_time: date
    collected_where: str
    basis_for_benefits: bool
    benefits_notice: Label
    voluntary_decline: Label
    cadence: Cadence
    phases: dict[str, Phase]
    report_chain: dict[str, Label]
    departments: dict[str, Department]
    sections: dict[str, Label]
    matters: dict[str, Label]
    fields: dict[str, Field]
    groups: dict[str, frozenset[str]]
    review_desks: dict[str, Label]
    categories: dict[str, Category]
    category_headers: tuple[str, ...]
    papers: dict[str, Label]
    evidence: dict[str, EvidenceRequirement]
    rules: dict[str, tuple[Rule, Check]]
    baseline_required: frozenset[str]
    attestation_grace: timedelta
    inherits_because: dict[str, str]


def load(path: Path) -> Parts:
    """Read a locality's profile and lay it over its base."""
    own = read(path)
    own.allow(_TOP)
    base = _base(own)
    whole = base.merged(own, _MERGE_DEPTH) if base else own
    categories = _each(whole, "categories", ID, lambda i, n: _category(i, n, whole))
    groups = {
        group: frozenset(c.id for c in categories.values() if c.group == group)
        for group in whole.need("groups").entries()
    }
    _one_category_per_word(whole.need("categories").entries(), categories)
    fields = read_fields(whole, Names(frozenset(categories), groups, {}))
    _named_fields(whole, fields)
    departments = _each(
        whole, "departments", DASHED_ID, lambda i, n: _department(i, n, whole, fields)
    )
    fields = {
        name: replace(
            field, departments=tuple(d.id for d in departments.values() if name in d.fields)
        )
        for name, field in fields.items()
    }
    names = Names(frozenset(categories), groups, fields)
    papers = _labels(whole, "papers")
    areas_on = whole.need("areas_on").day()
    return Parts(
        id=_id(whole.need("id"), DASHED_ID),
        form_version=_form_version(whole.need("form_version")),
        title=Label(own.need("id").text(), own.need("zh").text(), own.need("en").text()),
        source=whole.need("source").text(),
        area=whole.need("area").text(),
        areas_on=areas_on,
        areas=_areas(whole.need("area"), areas_on),
        standard_time=whole.need("standard_time").day(),
        collected_where=whole.need("collected_where").text(),
        basis_for_benefits=whole.need("basis_for_benefits").boolean(),
        benefits_notice=_label("benefits_notice", whole.need("benefits_notice")),
        voluntary_decline=_label("voluntary_decline", whole.need("voluntary_decline")),
        cadence=_cadence(whole.need("cadence")),
        phases=_each(whole, "phases", ID, _phase),
        report_chain=_each(whole, "report_chain", ID, _step),
        departments=departments,
        sections=_labels(whole, "sections"),
        matters=_labels(whole, "matters"),
        fields=fields,
        groups=groups,
        review_desks=_labels(whole, "review_desks"),
        categories=categories,
        category_headers=whole.need("category_headers").texts(),
        papers=papers,
        evidence=_each(whole, "evidence", ID, lambda i, n: _evidence(i, n, names, papers)),
        rules=_each(whole, "rules", DASHED_ID, lambda i, n: read_rule(i, n, names)),
        baseline_required=_baseline_required(whole, names),
        attestation_grace=_span(whole.need("attestation_grace")),
        inherits_because=_inherits(own, base),
    )


FINDS = {"name": "text", "resident_number": "resident_number", "household_area": "area"}
"""The fields by which a person is listed, found and counted, with their types. Every profile has
them, required of everybody and of every baseline row."""
NAMED = {**FINDS, "birth_date": "date"}
"""All fields that services name. With the name, the date of birth finds whoever's number is
damaged; who has none is found by the number, so a profile need not require it."""


def _named_fields(whole: Node, fields: Mapping[str, Field]) -> None:
    every = whole.need("fields")
    for name, kind in NAMED.items():
        field = fields.get(name)
        if field is None:
            raise every.error(f"every profile has a field `{name}` of type {kind}")
        place = every.need(name)
        if field.type != kind:
            raise place.error(f"`{name}` is of type {kind}: by it people are found")
        if name in FINDS and field.required != frozenset(whole.need("categories").entries()):
            raise place.error(f"`{name}` is required of all: by it people are found and counted")


def _baseline_required(whole: Node, names: Names) -> frozenset[str]:
    node = whole.need("baseline_required")
    found = frozenset(names.field(item) for item in node.items())
    for name in FINDS:
        if name not in found:
            raise node.error(f"`{name}` belongs here: without it a row cannot be counted")
    return found


def _one_category_per_word(nodes: Mapping[str, Node], categories: Mapping[str, Category]) -> None:
    """A cell like "退役士兵" or "2" must mean one category."""
    owners: dict[str, str] = {}
    for name, category in categories.items():
        words = (name, category.zh, category.en, str(category.number), *category.aliases)
        for text in words:
            owner = owners.setdefault(plain_key(text), name)
            if owner != name:
                raise nodes[name].error(f"`{text}` of `{name}` already means `{owner}`")


def _form_version(node: Node) -> str:
    if not _VERSION.fullmatch(node.text()):
        raise node.error("a form version is 1 to 100 letters, digits and - . _ /")
    return node.text()


def _base(own: Node) -> Node | None:
    """All files of the base folder, which lies beside the profile or among the packaged data."""
    named = own.get("base")
    if named is None:
        return None
    for folder in (own.path.parent / named.text(), data_path("profiles") / named.text()):
        if folder.is_dir():
            break
    else:
        raise named.error(f"there is no folder `{named.text()}` beside this file or in the data")
    entries: dict[str, Node] = {}
    for path in sorted(folder.glob("*.yaml")):
        part = read(path)
        part.allow(_TOP)
        for key, node in part.entries().items():
            if key in entries:
                raise node.error(f"`{key}` already stands in {entries[key].path.name}")
            entries[key] = node
    if not entries:
        raise named.error(f"the folder `{named.text()}` holds no profile files")
    return Node(own.path, named.line, entries=entries)


def _each(
    whole: Node, section: str, shape: re.Pattern[str], build: Callable[[str, Node], T]
) -> dict[str, T]:
    found: dict[str, T] = {}
    for name, node in whole.need(section).entries().items():
        if not shape.fullmatch(name):
            raise node.error(f"`{name}` is no id: it must match {shape.pattern}")
        found[name] = build(name, node)
    return found


def _id(node: Node, shape: re.Pattern[str]) -> str:
    if not shape.fullmatch(node.text()):
        raise node.error(f"`{node.text()}` is no id: it must match {shape.pattern}")
    return node.text()


def _label(label_id: str, node: Node, extra: frozenset[str] = frozenset()) -> Label:
    node.allow({"zh", "en", "cite", "practice", *extra})
    return Label(label_id, node.need("zh").text(), node.need("en").text())


def _labels(whole: Node, section: str) -> dict[str, Label]:
    return _each(whole, section, ID, _label)


def _category(category_id: str, node: Node, whole: Node) -> Category:
    node.allow({"number", "zh", "en", "group", "review_desk", "aliases", "cite"})
    return Category(
        id=category_id,
        zh=node.need("zh").text(),
        en=node.need("en").text(),
        number=node.need("number").integer(),
        group=node.need("group").one_of(whole.need("groups").entries(), "group"),
        review_desk=node.need("review_desk").one_of(
            whole.need("review_desks").entries(), "review desk"
        ),
        aliases=node.texts_of("aliases"),
        cite=node.text_of("cite"),
    )


def _department(name: str, node: Node, whole: Node, fields: Mapping[str, Field]) -> Department:
    node.allow(
        {"zh", "en", "level", "tasks", "mode", "lists", "matters", "fields", "cite", "practice"}
    )
    mode = node.get("mode")
    known = whole.need("matters").entries()
    matters = tuple(item.one_of(known, "matter") for item in node.need("matters").items())
    extra = node.get("fields")
    more = {item.one_of(fields, "field") for item in extra.items()} if extra else set()
    return Department(
        id=name,
        zh=node.need("zh").text(),
        en=node.need("en").text(),
        level=node.need("level").one_of(list(AreaLevel), "level"),
        tasks=frozenset(item.one_of(get_args(Task), "task") for item in node.need("tasks").items()),
        mode=mode.one_of(MODES, "mode") if mode else MODES[0],
        lists=node.flag("lists"),
        matters=matters,
        fields=tuple(f.id for f in fields.values() if f.matter in matters or f.id in more),
        identified_by=tuple(
            item.one_of(fields, "field") for item in whole.need("identified_by").items()
        ),
        cite=node.text_of("cite"),
    )


def _phase(name: str, node: Node) -> Phase:
    label = _label(name, node, frozenset({"until"}))
    return Phase(label.id, label.zh, label.en, node.need("until").day(), node.text_of("cite"))


def _step(name: str, node: Node) -> Label:
    if name not in list(AreaLevel):
        raise node.error(f"`{name}` is no level of areas{suggestion(name, list(AreaLevel))}")
    return _label(name, node)


def _cadence(node: Node) -> Cadence:
    node.allow({"every", "zh", "en", "cite", "practice"})
    match = _DAYS.fullmatch(node.need("every").text())
    if match is None or int(match[1]) == 0:
        raise node.need("every").error("expected a number of days like P7D")
    return Cadence(int(match[1]), node.need("zh").text(), node.need("en").text())


def _span(node: Node) -> timedelta:
    match = _SPAN.fullmatch(node.text())
    if match is None or not any(match.groups()):
        raise node.error("expected days and hours like P7D or PT12H")
    return timedelta(days=int(match[1] or 0), hours=int(match[2] or 0))


def _evidence(
    name: str, node: Node, names: Names, papers: Mapping[str, Label]
) -> EvidenceRequirement:
    node.allow({"zh", "en", "one_of", "categories", "unless", "severity", "cite", "practice"})
    severity = node.get("severity")
    return EvidenceRequirement(
        id=name,
        zh=node.need("zh").text(),
        en=node.need("en").text(),
        one_of=tuple(item.one_of(papers, "paper") for item in node.need("one_of").items()),
        categories=names.category_set(node.need("categories")),
        severity=Severity(severity.one_of(list(Severity), "severity"))
        if severity
        else Severity.REFUSE,
        unless=names.condition(node.get("unless")),
        cite=node.text_of("cite"),
    )


def _areas(node: Node, on: date) -> AreaTree:
    try:
        return AreaTree.load(node.text(), on)
    except UnknownArea:
        raise node.error(
            f"no table in reference/ has the area {node.text()} in force on {on.isoformat()}"
        ) from None


def _inherits(own: Node, base: Node | None) -> dict[str, str]:
    """What a locality says that it takes over must really come from the base."""
    node = own.get("inherits_because")
    if node is None:
        return {}
    sections = ("rules", "evidence", "categories", "fields")
    theirs = _ids(base, sections) if base else set()
    ours = _ids(own, sections)
    found: dict[str, str] = {}
    for name, because in node.entries().items():
        if name not in theirs:
            raise because.error(f"the base has no `{name}` to inherit{suggestion(name, theirs)}")
        if name in ours:
            raise because.error(f"`{name}` is changed in this file, so it is not inherited")
        found[name] = because.text()
    return found


def _ids(node: Node, sections: tuple[str, ...]) -> set[str]:
    found = set(node.entries())
    for section in sections:
        part = node.get(section)
        if part is not None:
            found |= set(part.entries())
    return found

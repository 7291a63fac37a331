"""Shapes of the form in words, and of the areas: what `GET /profile` and `GET /areas` answer."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from muster.forms.model import FieldType, Sensitivity
from muster.vocabulary.resident_number import Form
from muster.vocabulary.states import AreaLevel, Severity


class Words(BaseModel):
    """A sentence in both languages."""

    zh: str
    en: str


class LabelOut(Words):
    """A thing of the profile, and its names."""

    id: str


class CategoryOut(LabelOut):
    """A category; `number` is only shown."""

    number: int
    group: str
    review_desk: str


class FieldOut(LabelOut):
    """A field of the form. `categories` may have it and `required` must fill it; `options` are the
    values of a code, choice or choices; `min` and `max` bound a number, `max_length` a text, in
    signs; an `address` may begin with the names of areas; `practice` says that no notice asks for
    it; `departments` may be asked about it."""

    section: str
    type: FieldType
    sensitivity: Sensitivity
    matter: str | None
    categories: list[str]
    required: list[str]
    options: list[LabelOut]
    min: int | None
    max: int | None
    max_length: int
    address: bool
    practice: bool
    cite: str | None
    departments: list[str]


class DepartmentOut(LabelOut):
    """A department and what it does; in mode `blind` its data stay with it."""

    level: str
    tasks: list[str]
    mode: str


class PhaseOut(LabelOut):
    """A phase of the campaign and its last day."""

    until: date


class ConditionOut(BaseModel):
    """Holds when every named field has one of its values, as text, and one of the categories is
    ticked; null `categories` ask for none."""

    fields: dict[str, list[str]]
    categories: list[str] | None


class NeedOut(LabelOut):
    """One of the papers `one_of` must be shown by those categories, unless a condition frees."""

    one_of: list[str]
    categories: list[str]
    severity: Severity
    unless: ConditionOut | None
    cite: str | None


class FindingOut(Words):
    """What is said of a value or record that no rule of the profile speaks of. `{zh}` and `{en}`
    stand for the label of the field or paper; the English sentence then begins with a capital."""

    rule: str


class NoParameters(BaseModel):
    """For a kind that needs its field only."""


class OfOut(BaseModel):
    """Categories, of which at most one."""

    of: list[str]


class IfOfOut(BaseModel):
    """Whoever has one of `if` needs one of `of`, or has none."""

    if_: Annotated[list[str], Field(alias="if")]
    of: list[str]


class FirstOut(BaseModel):
    """The field that is not later than the rule's own."""

    first: str


class BoundsOut(BaseModel):
    """Days, both included; null where there is no bound."""

    from_: Annotated[date | None, Field(alias="from")]
    until: date | None


class MinAgeOut(BaseModel):
    """At least so many years after the field `birth`."""

    birth: str
    years: int


class MaxSpanOut(BaseModel):
    """Less than so many years after the field `since`."""

    since: str
    years: int


class NumberPartOut(BaseModel):
    """What the resident number in the field `number` says."""

    number: str
    part: Literal["birth", "sex"]


class NumberFormsOut(BaseModel):
    """Forms of resident numbers that the rule speaks of."""

    forms: list[Form]


class ValuesOut(BaseModel):
    """Allowed values, as text; whether a field without a value breaks the rule."""

    values: list[str]
    absent_fails: bool


class _RuleOut(LabelOut):
    """A rule: where it reports, how grave it is, when it speaks, and what it says."""

    field: str
    severity: Severity
    when: ConditionOut | None
    unless: ConditionOut | None
    cite: str | None


class AtMostOneOut(_RuleOut):
    """Of these categories at most one is ticked."""

    kind: Literal["at-most-one"]
    parameters: OfOut


class NeedsOneOfOut(_RuleOut):
    """Whoever has one category needs one of others."""

    kind: Literal["needs-one-of"]
    parameters: IfOfOut


class ExcludesOut(_RuleOut):
    """Whoever has one category has none of others."""

    kind: Literal["excludes"]
    parameters: IfOfOut


class NotAfterOut(_RuleOut):
    """Another date is not later than this one."""

    kind: Literal["not-after"]
    parameters: FirstOut


class NotInFutureOut(_RuleOut):
    """The date is not later than today."""

    kind: Literal["not-in-future"]
    parameters: NoParameters


class DateBoundOut(_RuleOut):
    """The date lies within bounds."""

    kind: Literal["date-bound"]
    parameters: BoundsOut


class MinAgeRuleOut(_RuleOut):
    """The date lies some years after a birth."""

    kind: Literal["min-age"]
    parameters: MinAgeOut


class MaxSpanRuleOut(_RuleOut):
    """The date lies less than some years after another."""

    kind: Literal["max-span"]
    parameters: MaxSpanOut


class MatchesNumberOut(_RuleOut):
    """The value is what the resident number says."""

    kind: Literal["matches-number"]
    parameters: NumberPartOut


class KnownAreaCodeOut(_RuleOut):
    """The resident number begins with a code that was a county's at some time."""

    kind: Literal["known-area-code"]
    parameters: NoParameters


class NumberFormOut(_RuleOut):
    """The resident number is of none of these forms."""

    kind: Literal["number-form"]
    parameters: NumberFormsOut


class RequiredWhenOut(_RuleOut):
    """The field has a value."""

    kind: Literal["required-when"]
    parameters: NoParameters


class MustBeOut(_RuleOut):
    """The field has one of these values."""

    kind: Literal["must-be"]
    parameters: ValuesOut


RuleOut = Annotated[
    AtMostOneOut
    | NeedsOneOfOut
    | ExcludesOut
    | NotAfterOut
    | NotInFutureOut
    | DateBoundOut
    | MinAgeRuleOut
    | MaxSpanRuleOut
    | MatchesNumberOut
    | KnownAreaCodeOut
    | NumberFormOut
    | RequiredWhenOut
    | MustBeOut,
    Field(discriminator="kind"),
]
"""A rule of the profile, by its kind (`muster.forms.rules`)."""


class CadenceOut(Words):
    """How often a township uploads: at least once in `days`."""

    days: int


class ProfileOut(LabelOut):
    """The campaign's form in words, and all that is needed to draw it and to check a record.

    `areas_on` is the day whose area codes are used. `collected_where` is the place where a person
    is collected, in Chinese; `groups` are category ids by group.
    """

    form_version: str
    area: str
    areas_on: date
    standard_time: date
    collected_where: str
    benefits_notice: Words
    voluntary_decline: Words
    cadence: CadenceOut
    phases: list[PhaseOut]
    sections: list[LabelOut]
    groups: dict[str, list[str]]
    review_desks: list[LabelOut]
    categories: list[CategoryOut]
    fields: list[FieldOut]
    departments: list[DepartmentOut]
    papers: list[LabelOut]
    evidence: list[NeedOut]
    rules: list[RuleOut]
    findings: list[FindingOut]


class AreaOut(BaseModel):
    """One area; `parent` is null at the top."""

    code: str
    parent: str | None
    level: AreaLevel
    name: str


class AreasOut(BaseModel):
    """Areas, parents before children: what lies at and below `granted`, and what lies above."""

    root: str
    granted: list[str]
    areas: list[AreaOut]

"""What the well-known fields are likely to hold. Everything else comes from a field's type."""

from collections.abc import Mapping
from datetime import date

from muster.forms import Field
from muster.synth.fields import Draft, Maker, Value, number, partial
from muster.synth.names import make_employer, make_name, make_street, people_of
from muster.synth.streams import weighted

SELF_CHOSEN_SINCE = date(2001, 1, 19)
ENTERPRISE_UNTIL = date(2000, 12, 31)
ORDER_608 = date(2011, 11, 1)


def _name(draft: Draft, _: Field) -> Value:
    return make_name(draft.rng, _people(draft), draft.life.sex)


def _people(draft: Draft) -> str:
    """The person's people, decided once and before the name is made."""
    draft.people = draft.people or weighted(draft.rng, people_of(draft.tree.root.code))
    return draft.people


def _other_name(draft: Draft, _: Field) -> Value | None:
    """Somebody else of the same people."""
    sex = "1" if draft.rng.random() < 0.93 else "2"
    return make_name(draft.rng, _people(draft), sex)


def _former_name(draft: Draft, field: Field) -> Value | None:
    return _other_name(draft, field) if draft.rng.random() < 0.1 else None


def _ethnicity(draft: Draft, _: Field) -> Value:
    return _people(draft)


def _sex(draft: Draft, _: Field) -> Value:
    return draft.life.sex


def _birth(draft: Draft, _: Field) -> Value:
    return draft.life.birth.isoformat()


def _resident_number(draft: Draft, _: Field) -> Value:
    return number(draft, draft.life.birth, draft.life.sex)


def _political_status(draft: Draft, _: Field) -> Value:
    share = 0.55 if draft.life.status in ("officer", "civil_cadre") else 0.2
    if draft.today.year - draft.life.birth.year <= 28 and draft.rng.random() < 0.4:
        return "03"
    return "01" if draft.rng.random() < share else "13"


def _household_area(draft: Draft, _: Field) -> Value:
    return draft.village


def _address(draft: Draft, _: Field) -> Value:
    place = draft.tree.path_name(draft.village)
    return f"{place}{draft.rng.randint(1, 9)}组{draft.rng.randint(1, 180)}号"


def _residence(draft: Draft, field: Field) -> Value:
    if draft.rng.random() < 0.7:
        return _address(draft, field)
    return f"{make_street(draft.rng)}{draft.rng.randint(1, 300)}号"


def _enlisted(draft: Draft, field: Field) -> Value | None:
    return _dated(draft, field, draft.life.enlisted)


def _discharged(draft: Draft, field: Field) -> Value | None:
    return _dated(draft, field, draft.life.discharged)


def _dated(draft: Draft, field: Field, day: date | None) -> Value | None:
    if day is None:
        return None
    return partial(draft.rng, day) if field.type == "partial_date" else day.isoformat()


def _status(draft: Draft, _: Field) -> Value:
    return draft.life.status


def _unit(draft: Draft, _: Field) -> Value:
    return f"{draft.rng.randint(31000, 96999)}部队{draft.rng.randint(1, 99)}分队"


def _service_number(draft: Draft, _: Field) -> Value:
    return f"{draft.rng.choice('军政后兵')}字第{draft.rng.randint(100000, 9999999)}号"


def _certificate(draft: Draft, _: Field) -> Value:
    return f"{draft.rng.choice('青湘军民')}{draft.rng.randint(10000, 9999999)}"


def _transfer(draft: Draft, _: Field) -> Value:
    if (draft.life.discharged or draft.today) >= SELF_CHOSEN_SINCE:
        return weighted(draft.rng, {"planned": 0.6, "self_chosen": 0.4})
    return weighted(draft.rng, {"planned": 0.9, "own_occupation": 0.05, "voluntary": 0.05})


def _enterprise(draft: Draft, _: Field) -> Value:
    until = (draft.life.discharged or draft.today) <= ENTERPRISE_UNTIL
    return until and draft.rng.random() < 0.35


def _soldier_kind(draft: Draft, _: Field) -> Value:
    if draft.rng.random() < 0.012:
        return "state_supported"
    left = draft.life.discharged or draft.today
    if left >= ORDER_608:
        return weighted(draft.rng, {"self_employed": 0.85, "assigned": 0.15})
    own = 0.35 if left.year >= 1999 else 0.0
    return weighted(draft.rng, {"assigned": 0.3, "self_employed": 0.7 - own, "own_occupation": own})


def _by_choice(draft: Draft, _: Field) -> Value:
    if draft.values.get("discharged_soldier_kind") != "self_employed":
        return False
    enlisted, left = draft.life.enlisted, draft.life.discharged
    long = enlisted is not None and left is not None and (left - enlisted).days > 12 * 365
    return long or draft.rng.random() < 0.05


def _own_certificate(draft: Draft, field: Field) -> Value | None:
    own = draft.values.get("discharged_soldier_kind") == "own_occupation"
    return _certificate(draft, field) if own else None


def _grade(draft: Draft, _: Field) -> Value | None:
    if draft.values.get("discharged_soldier_kind") == "state_supported":
        return draft.rng.randint(1, 4)
    disabled = "disabled_serviceman" in draft.categories
    return draft.rng.choice((5, 6, 6, 7, 7, 8, 8, 9, 10)) if disabled else None


def _demobilised(draft: Draft, _: Field) -> Value:
    early = draft.life.status == "not_applicable"
    return "early_enlisted" if early else "officer_or_cadre"


def _rated_later(draft: Draft, _: Field) -> Value:
    return draft.rng.random() < 0.2


def _militia_pension(draft: Draft, _: Field) -> Value:
    return draft.rng.random() < 0.85


def _relation(draft: Draft, field: Field) -> Value:
    relation = draft.life.relation
    ids = [option.id for option in field.options]
    return relation if relation in ids else draft.rng.choice(ids)


def _regular_pension(draft: Draft, _: Field) -> Value:
    return draft.rng.random() < 0.55


def _rehabilitated(draft: Draft, _: Field) -> Value:
    return draft.life.birth.year < 1950 and draft.rng.random() < 0.15


def _armed_police(draft: Draft, _: Field) -> Value:
    return draft.rng.random() < 0.18


def _employer(draft: Draft, _: Field) -> Value:
    return make_employer(draft.rng)


PLAUSIBLE: Mapping[str, Maker] = {
    "name": _name,
    "former_name": _former_name,
    "sex": _sex,
    "ethnicity": _ethnicity,
    "birth_date": _birth,
    "resident_number": _resident_number,
    "political_status": _political_status,
    "household_area": _household_area,
    "household_address": _address,
    "residence_address": _residence,
    "enlisted_on": _enlisted,
    "discharged_on": _discharged,
    "service_status": _status,
    "service_unit": _unit,
    "service_number": _service_number,
    "transferred_officer_kind": _transfer,
    "enterprise_placed": _enterprise,
    "discharged_soldier_kind": _soldier_kind,
    "self_employed_by_choice": _by_choice,
    "own_occupation_certificate": _own_certificate,
    "demobilised_kind": _demobilised,
    "disability_grade": _grade,
    "disability_certificate": _certificate,
    "rated_after_discharge": _rated_later,
    "militia_certificate": _certificate,
    "draws_state_pension": _militia_pension,
    "martyr_relation": _relation,
    "martyr_name": _other_name,
    "duty_death_relation": _relation,
    "duty_death_name": _other_name,
    "illness_death_relation": _relation,
    "illness_death_name": _other_name,
    "draws_regular_pension": _regular_pension,
    "rehabilitated_child": _rehabilitated,
    "active_duty_relation": _relation,
    "serving_name": _other_name,
    "serving_in_armed_police": _armed_police,
    "employer": _employer,
}

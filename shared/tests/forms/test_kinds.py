"""The kinds of each category and the status in service, as the notices list them.

A list of the form is what a person may be; one entry less, and somebody fits nowhere. So the lists
stand here again, typed from the notices (同二(一)-(八), 同三(一)) and not read from the profile.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from muster.forms import Profile

TODAY = date(2018, 11, 20)
Complete = Callable[..., dict[str, Any]]

# Field, the categories that it is asked of, and what may be chosen, in the order of the notice.
KINDS = [
    # R6, 同二(一)
    (
        "transferred_officer_kind",
        {"transferred_officer"},
        ["计划分配", "自主择业", "自谋职业", "自愿自行就业"],
    ),
    # R8, 同二(二)
    (
        "discharged_soldier_kind",
        {"discharged_soldier"},
        ["政府安排工作", "自主就业", "自谋职业", "国家供养"],
    ),
    # R12, 同二(三)
    ("retired_cadre_management", {"retired_cadre"}, ["移交政府安置", "军队直接管理"]),
    # R13, 同二(四), 娄二(一)
    ("civilian_staff_kind", {"civilian_staff"}, ["离休干部", "退休", "退职"]),
    # R15, 同二(六)
    (
        "demobilised_kind",
        {"demobilised_soldier"},
        ["按复员方式安置的军官和文职干部", "1954年10月31日之前入伍"],
    ),
    ("demobilised_management", {"demobilised_soldier"}, ["在乡", "其他部门管理的离退休"]),
    # R14, 同二(五)
    (
        "red_army_kind",
        {"red_army_veteran"},
        ["红军老战士", "西路军红军老战士", "红军失散人员"],
    ),
    ("red_army_management", {"red_army_veteran"}, ["在乡", "单位管理"]),
    # R16, 同二(七)
    ("disability_cause", {"disabled_serviceman"}, ["因战", "因公", "因病"]),
    # R17, 同二(八)
    ("militia_identity", {"disabled_militia"}, ["民兵", "民工", "预备役人员", "其他人员"]),
    (
        "militia_cause",
        {"disabled_militia"},
        ["参战", "军事演习", "军事训练", "执行军事勤务"],
    ),
    # R35, 同三(一); the last two are from practice: before 1955 there were no NCOs and conscripts
    (
        "service_status",
        {
            "transferred_officer",
            "discharged_soldier",
            "retired_cadre",
            "demobilised_soldier",
            "red_army_veteran",
            "disabled_serviceman",
        },
        ["军官", "士官", "义务兵", "文职干部", "不适用"],
    ),
]


@pytest.mark.parametrize(("field", "categories", "listed"), KINDS, ids=[k[0] for k in KINDS])
def test_who_may_be_chosen_is_the_list_of_the_notice(
    profile: Profile, complete: Complete, field: str, categories: set[str], listed: list[str]
) -> None:
    """R6, R8, R12, R13, R14, R15, R16, R17, R35: all of the list, nothing else, asked of these
    categories only; each is taken from whoever it fits, and the word of no list is not."""
    held = profile.fields[field]
    assert [option.zh for option in held.options] == listed
    assert set(held.categories) == categories
    category = min(categories - {"disabled_serviceman"} or categories)
    chosen = {category, *({"discharged_soldier"} if category == "disabled_serviceman" else ())}

    def found(value: str) -> set[tuple[str, str]]:
        record = complete(profile, chosen, **{field: value})
        return {(reason.field, reason.rule) for reason in profile.check_record(record, today=TODAY)}

    for option in held.options:
        assert not {(field, "not-an-option"), (field, "not-for-categories")} & found(option.id)
    assert (field, "not-an-option") in found("general")


def test_no_list_of_the_form_is_left_out(profile: Profile) -> None:
    """A choice that nothing pins could lose an entry without anyone noticing."""
    chosen = {field.id for field in profile.fields.values() if field.type in ("choice", "choices")}
    assert chosen == {field for field, _, _ in KINDS}

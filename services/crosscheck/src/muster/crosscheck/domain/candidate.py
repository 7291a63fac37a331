"""Why a row of a department leads to nobody, or stays closed, in words for whoever works on it."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone

_CHINA = timezone(timedelta(hours=8))


def quota_day(moment: datetime) -> datetime:
    """When the day began for whose quota a department's connector counts at that moment: by the
    calendar where the campaign is."""
    return datetime.combine(moment.astimezone(_CHINA).date(), time(), _CHINA)


_REFUSED = (
    "部门未开放该行数据，可说明事由后再次申请，或直接与部门联系。",
    "The department did not open the row; ask again with a reason, or get in touch with it.",
)
RULES: dict[str, tuple[str, str]] = {
    "area-unknown": (
        "部门数据中的行政区划不在本次采集范围内，无处派人核实，请管理员与部门核对。",
        "The area in the row lies outside the campaign; the administrator asks the department.",
    ),
    "nothing-to-find-by": (
        "部门数据中既无有效身份证号码，也无姓名和完整出生日期，请管理员与部门核对。",
        "No valid number, and no name with a full birth date; the administrator asks about it.",
    ),
    "death-disputed": (
        "部门数据对此人去世是在标准时点之前还是之后说法不一，请管理员与各部门核对后更正。",
        "Departments say both that they died before the standard time and after it; ask them.",
    ),
    "move-disputed": (
        "部门数据对此人户籍是迁出采集范围还是迁到范围内别处说法不一，请管理员与各部门核对后更正。",
        "Departments say both that they moved away and that they moved within the area; ask them.",
    ),
    "died-before-standard-time": (
        "部门数据显示此人在标准时点前已去世，不再采集。",
        "By the department's data this person died before the standard time and is not collected.",
    ),
    "moved-out": (
        "部门数据显示此人户籍已迁出本次采集范围，不在本地采集。",
        "By the department's data this person is registered outside the campaign's area by now.",
    ),
    "quota-exceeded": (
        "部门当日开放行数已达限额，次日自动再次申请。",
        "The department's quota of the day is used up; it is asked again by itself tomorrow.",
    ),
    "row-unknown": (
        "部门当前数据中已没有该行，请待部门提供新的数据。",
        "The department's current data have no such row; wait for its next extract.",
    ),
    "reason-missing": (
        "部门认为申请未说明事由，请说明事由后再次申请。",
        "The department found no reason in the request; ask again with one.",
    ),
    "refused": _REFUSED,
}


def words(rule: str | None) -> tuple[str | None, str | None]:
    """The rule in Chinese and English; of a rule that only the department knows, that it refused.
    Nothing for no rule."""
    return (None, None) if rule is None else RULES.get(rule, _REFUSED)

"""Why a record may go back to the desk (R59, R70, R71): a fixed list, so that it can be counted.

Topics carry the codes; whoever shows a reason to people takes its words from here.
"""

OTHER = "other"
"""The code that says nothing by itself: own words are asked for."""

RETURN_REASONS: dict[str, tuple[str, str]] = {
    "differs-from-papers": ("与证件不一致", "Differs from the papers"),
    "differs-from-baseline": ("与初始数据不一致", "Differs from the baseline"),
    "differs-from-department": ("与部门校核反馈不一致", "Differs from a department's answer"),
    "field-wrong": ("填写有误", "Filled in wrongly"),
    "field-missing": ("应填未填", "Not filled in"),
    "category-wrong": ("对象类别有误", "The category is not right"),
    "paper-missing": ("缺少证明材料", "A paper is missing"),
    "paper-unreadable": ("证明材料无法辨认", "A paper cannot be read"),
    "portrait-unusable": ("照片不符合要求", "The photo cannot be used"),
    "signature-unusable": ("签字确认无效", "The signed confirmation cannot be used"),
    OTHER: ("其他原因", "Another reason"),
}
"""Code to its words in Chinese and English; ``other`` needs words of one's own."""


def words_of(code: str) -> tuple[str, str]:
    """The words of a code; those of ``other`` for one that a newer list has and this one not."""
    return RETURN_REASONS.get(code, RETURN_REASONS[OTHER])

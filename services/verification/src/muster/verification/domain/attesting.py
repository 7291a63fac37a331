"""Why a card reading or a signature is flagged, in plain words (design section 5, rule 1)."""

_WHAT = {
    "reading": ("读卡", "The card reading"),
    "signature": ("签字", "The signature"),
}
_WHY = {
    "late": ("规定时限内没有收到采集端的对应记录", "has no event of its terminal within the grace"),
    "terminal": ("由另一台采集端报送", "was sent by another terminal"),
    "root": ("与采集端读取时的内容不符", "commits to other content than the record has"),
    "digest": ("所签内容与记录不符", "is under other content than the record has"),
    "trace": ("笔迹与采集端留存的不符", "is another handwriting than the terminal saw"),
    "chain": (
        "采集端在该处的事件前后矛盾",
        "stands where the terminal's events contradict each other",
    ),
}


def words(code: str) -> tuple[str, str]:
    """A reason such as ``reading-late`` in Chinese and English; an unknown one is shown as is."""
    what, _, why = code.partition("-")
    if what not in _WHAT or why not in _WHY:
        return code, code
    return f"{_WHAT[what][0]}：{_WHY[why][0]}", f"{_WHAT[what][1]} {_WHY[why][1]}"

"""The form of a refusal over HTTP (RFC 9457), for whoever answers: without any framework."""

from __future__ import annotations

from collections.abc import Sequence

from muster.observability import trace
from muster.vocabulary.reasons import Reason

__all__ = ["MEDIA_TYPE", "TITLES", "document"]

MEDIA_TYPE = "application/problem+json"
TITLES = {
    "invalid": ("内容有误", "The content is not right"),
    "not-found": ("没有找到", "Not found"),
    "conflict": ("与现有数据冲突", "In conflict with what is there"),
    "forbidden": ("没有权限", "Not permitted"),
    "unauthorised": ("未登录或登录已失效", "Not signed in, or no longer"),
    "too-large": ("内容过大", "Too large"),
    "unavailable": ("服务暂时不可用", "Not available just now"),
    "internal": ("服务器内部错误", "An internal error"),
}


def document(status: int, kind: str, reasons: Sequence[Reason]) -> dict[str, object]:
    """One problem document; `kind` is one of TITLES."""
    zh, en = TITLES.get(kind, TITLES["invalid"])
    current = trace.current()
    return {
        "type": f"urn:muster:problem:{kind}",
        "title": f"{zh} / {en}",
        "status": status,
        "reasons": [reason.as_dict() for reason in reasons],
        "trace_id": current.trace_id if current else None,
    }

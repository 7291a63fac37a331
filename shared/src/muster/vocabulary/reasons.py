"""Why something was refused or questioned, in plain words of two languages (R69, R70)."""

from collections.abc import Iterable
from dataclasses import dataclass

from muster.vocabulary.states import Severity


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding about one field. It names the field and the rule and never holds the value.

    `field` is a field id, or one of `categories`, `evidence`, `record` for what has no field.
    """

    field: str
    rule: str
    zh: str
    en: str
    severity: Severity = Severity.REFUSE

    def as_dict(self) -> dict[str, str]:
        """The form used in receipts, problem+json and tables of refused rows."""
        return {
            "field": self.field,
            "rule": self.rule,
            "zh": self.zh,
            "en": self.en,
            "severity": self.severity.value,
        }


class Refusal(Exception):  # noqa: N818 - a refusal is an answer to the caller, not a fault of ours
    """Raised when a request cannot be granted. Carries reasons, an HTTP status and a kind.

    `kind` is one of invalid, not-found, conflict, forbidden, unauthorised, too-large, ... and
    names the problem type; it is not shown to people.
    """

    def __init__(
        self, reasons: Reason | Iterable[Reason], *, status: int = 422, kind: str = "invalid"
    ) -> None:
        self.reasons: tuple[Reason, ...] = (
            (reasons,) if isinstance(reasons, Reason) else tuple(reasons)
        )
        self.status = status
        self.kind = kind
        super().__init__("; ".join(f"{r.field}: {r.rule}" for r in self.reasons) or kind)


class BilingualError(Exception):
    """Base of errors that end a command: said in Chinese and in English."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh = zh
        self.en = en
        super().__init__(f"{zh} {en}")


def refused(reasons: Iterable[Reason]) -> bool:
    """True when at least one reason keeps the value out."""
    return any(reason.severity is Severity.REFUSE for reason in reasons)

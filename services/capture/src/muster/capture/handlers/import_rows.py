"""One row of an imported file, held against everything that needs no store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from muster.capture.domain.reasons import reason
from muster.capture.handlers import common
from muster.capture.handlers.common import NUMBER, VILLAGE
from muster.capture.handlers.workbook import (
    CATEGORIES,
    ROSTER_COLUMNS,
    ROW_ID,
    Columns,
    Row,
    as_text,
    lost_digits,
)
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.vocabulary.reasons import Reason, refused
from muster.vocabulary.states import Origin, Role, Severity

_LOST_DIGITS = Reason(
    NUMBER,
    "number-lost-digits",
    "该单元格为数值格式，公民身份号码的末几位已丢失，请改为文本格式后重新填写",
    "the cell holds a number, which has lost the last digits; make it text and enter it again",
)


@dataclass(frozen=True, slots=True)
class Checked:
    """One row after everything that can be said without the store."""

    row: Row
    row_ref: str | None
    fields: Mapping[str, object]
    categories: tuple[str, ...]
    village: str | None
    number_index: str | None
    reasons: tuple[Reason, ...]

    @property
    def good(self) -> bool:
        """Whether it may go in."""
        return not refused(self.reasons) and None not in (self.village, self.number_index)

    @property
    def place(self) -> str:
        """The village of a good row."""
        assert self.village is not None
        return self.village

    def refuse(self, rule: str) -> "Checked":
        """The same row, refused."""
        return replace(self, reasons=(*self.reasons, reason(rule)))


class Checker:
    """Rows held against the profile and the caller's grant; runs outside the event loop."""

    def __init__(
        self, context: Context, caller: Caller, origin: Origin, columns: Columns, today: date
    ) -> None:
        self._context = context
        self._caller = caller
        self._origin = origin
        self._columns = columns
        self._today = today
        self._granted: dict[str, bool] = {}

    def check(self, rows: Sequence[Row]) -> list[Checked]:
        """Each row with its values, or what is wrong with it."""
        return [self._one(row) for row in rows]

    def _one(self, row: Row) -> Checked:
        cells = self._columns.fields(row)
        chosen = as_text(self._columns.cell(row, CATEGORIES))
        fields, categories, reasons = self._context.profile.check_baseline(
            cells, chosen, self._today
        )
        if self._origin is Origin.ROSTER:
            reasons = [found for found in reasons if not _asked_at_the_desk(found, categories)]
        if lost_digits(NUMBER, cells.get(NUMBER)):
            reasons = [*(r for r in reasons if r.field != NUMBER), _LOST_DIGITS]
        wrong = {found.field for found in reasons if found.severity is Severity.REFUSE}
        village = fields.get(VILLAGE)
        known = village if isinstance(village, str) and VILLAGE not in wrong else None
        if known is not None and not self._may(known):
            reasons = [*reasons, reason("area-not-granted")]
        number = None if NUMBER in wrong else fields.get(NUMBER)
        ref = as_text(self._columns.cell(row, ROW_ID)).strip().lower()
        return Checked(
            row=row,
            row_ref=ref if common.UUID.fullmatch(ref) else None,
            fields=fields,
            categories=tuple(categories),
            village=known,
            number_index=common.index_of(self._context, number),
            reasons=tuple(reasons),
        )

    def _may(self, village: str) -> bool:
        if village not in self._granted:
            self._granted[village] = self._caller.may(Role.ADMINISTRATOR, village)
        return self._granted[village]


def _asked_at_the_desk(found: Reason, categories: Sequence[str]) -> bool:
    """Whether a row of a roster may leave out what this reason asks for."""
    if found.rule == "required":
        return found.field not in ROSTER_COLUMNS
    return found.rule == "categories-required" and not categories

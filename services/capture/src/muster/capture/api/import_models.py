"""Shapes of imports: how far they are, and their rows that were refused or doubted."""

from datetime import datetime

from pydantic import BaseModel

from muster.capture.api.models import ReasonOut
from muster.vocabulary.states import Origin


class ImportOut(BaseModel):
    """How far an import is: running, finished, or stopped where the file cannot be read on."""

    import_id: str
    state: str
    origin: Origin
    area: str
    rows_done: int
    added: int
    updated: int
    unchanged: int
    refused: int
    warned: int
    reasons: list[ReasonOut]
    started_at: datetime
    finished_at: datetime | None


class ImportsOut(BaseModel):
    """A page of imports; `next` is what to send as `after`, null at the end."""

    imports: list[ImportOut]
    next: str | None


class ColumnOut(BaseModel):
    """A column of an imported file: its heading as it stands there, and the field that it holds,
    null where it holds none (it is kept and shown, and not looked at)."""

    header: str
    field: str | None


class RefusedRowOut(BaseModel):
    """A row of a file, numbered as a spreadsheet does. `cells` are as many as the columns; null for
    a row that was taken in with a doubt, whose content is the person's now."""

    row_id: str
    row_number: int
    cells: list[str] | None
    reasons: list[ReasonOut]


class ImportRowsOut(BaseModel):
    """A page of rows; `next` is what to send as `after`, null at the end."""

    columns: list[ColumnOut]
    rows: list[RefusedRowOut]
    next: int | None

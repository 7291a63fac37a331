"""Whose turn it is to send a spool: of all processes of one home folder, one at a time."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

NAME = "turn.db"


class Turn:
    """The turn of this process, once it took it; it ends with the process, however that ends.

    SQLite locks an empty file, because it does so on every system that an edge runs on.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._held: sqlite3.Connection | None = None

    def take(self) -> bool:
        """Whether it is this process's turn from now on; False while another has it.

        Raises sqlite3.Error, OSError: the folder cannot be written.
        """
        if self._held is not None:
            return True
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        held = sqlite3.connect(self._path, isolation_level=None, timeout=0)
        try:
            held.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            held.close()
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                return False
            raise
        except BaseException:
            held.close()
            raise
        self._held = held
        return True

    def end(self) -> None:
        """Leave it to others. May be called at any time."""
        if self._held is not None:
            self._held.close()
            self._held = None

"""Whose turn it is to send a spool: of all processes of one home folder, one at a time."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from muster.spool.schema import SpoolError

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

        Raises SpoolError: the file cannot be made or used.
        """
        if self._held is not None:
            return True
        try:
            self._make()
            return self._lock()
        except (OSError, sqlite3.Error) as error:
            raise SpoolError(
                f"{self._path} 无法使用：请把它和所在文件夹交给运行本程序的用户；"
                "没有本程序运行时也可删除它，会自动重建。",
                f"{self._path} cannot be used: give it and its folder to the user who runs this "
                "program, or remove it while none runs; it is made anew "
                f"({type(error).__name__}: {error}).",
            ) from error

    def close(self) -> None:
        """Leave it to others. May be called at any time."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def _make(self) -> None:
        try:
            # Never one that is there: to close it would free the locks of this whole process on it.
            made = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        try:
            if os.geteuid() == 0:
                # An administrator's command must not lock out the user whose folder it is.
                owner = self._path.parent.stat()
                os.fchown(made, owner.st_uid, owner.st_gid)
        finally:
            os.close(made)

    def _lock(self) -> bool:
        held = sqlite3.connect(self._path, isolation_level=None, timeout=0)
        try:
            held.execute("PRAGMA journal_mode = MEMORY")  # no file of a journal beside it
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

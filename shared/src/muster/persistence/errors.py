"""Which database errors pass by themselves, and which say that the data are wrong."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

# SQLSTATE classes (PostgreSQL appendix A): connection, rollback (deadlock, serialization),
# resources, lock not available, operator intervention (shutdown), system error.
_PASSING = ("08", "40", "53", "55", "57", "58")


def is_transient(error: BaseException) -> bool:
    """Whether the same statement may well succeed a moment later.

    A deadlock or a restart of the server must never turn a good message into a dead letter.
    """
    if isinstance(error, OSError | TimeoutError | OperationalError | InterfaceError):
        return True
    if isinstance(error, DBAPIError):
        state = str(getattr(error.orig, "sqlstate", "") or "")
        return error.connection_invalidated or state[:2] in _PASSING
    # What is left of SQLAlchemy's own errors are mistakes in statements, except a full pool.
    return isinstance(error, SQLAlchemyError) and "QueuePool" in str(error)

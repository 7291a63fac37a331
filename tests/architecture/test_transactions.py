"""Whose transaction it is: that of the request or the batch, and what is let off says why."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = ROOT / "services"

_STEPS = "a job that works through a county in steps; what one step did, the next finds done"
_CHECKED = "a packet or file is opened and checked first, so that no connection waits for it"
_PASSWORD = "a password is hashed between two units of work, so that no connection waits for it"
_JOB = "a job by the clock is nobody's request: what it writes is one transaction"
_SPOOL = "an edge has no inbox: the call is the unit of work, in its own file"

OWN = {
    "access/api/accounts.py": {"create_account": _PASSWORD, "reset_password": _PASSWORD},
    "access/api/authorize.py": {"give": _PASSWORD},
    "access/api/tokens.py": {"sign_in": _PASSWORD, "change_password": _PASSWORD},
    "capture/handlers/attesting.py": {"flag_overdue": _STEPS},
    "capture/handlers/evidence.py": {"take_evidence": _CHECKED},
    "capture/handlers/imports.py": {"_begin": _CHECKED, "import_file": _STEPS},
    "capture/handlers/uploads.py": {"take_upload": _CHECKED},
    "crosscheck/handlers/reveals.py": {"ask_again": _STEPS},
    "crosscheck/handlers/settling.py": {"settle_left": _STEPS},
    "department_connector/handlers/answering.py": {"_settle": _SPOOL},
    "department_connector/handlers/loading.py": {"_stage": _SPOOL},
    "department_connector/handlers/supplying.py": {"supply": _SPOOL},
    "device_gateway/handlers.py": {"_writing": _SPOOL},
    "reporting/handlers.py": {"count_days": _JOB},
    "verification/handlers/asking.py": {"ask_again": _STEPS},
}
"""Handlers and routes that begin or end a transaction themselves, each with its reason."""


_BEGINS = ("transaction", "commit", "rollback")


def begun(source: str) -> set[str]:
    """Names of the functions in a module that begin or end a transaction."""
    found: set[str] = set()

    def look(node: ast.AST, inside: str) -> None:
        for child in ast.iter_child_nodes(node):
            name = inside
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                name = child.name
            call = child.func if isinstance(child, ast.Call) else None
            if isinstance(call, ast.Attribute) and call.attr in _BEGINS:
                found.add(inside)
            look(child, name)

    look(ast.parse(source), "")
    return found


def _modules() -> dict[str, Path]:
    found = {}
    for service in sorted(SERVICES.glob("*/src/muster/*")):
        for part in ("handlers", "api"):
            paths = [service / f"{part}.py", *sorted((service / part).glob("*.py"))]
            found |= {str(p.relative_to(service.parent)): p for p in paths if p.exists()}
    return found


def test_handlers_and_routes_leave_the_transaction_to_their_caller() -> None:
    """CONTRIBUTING: one request or one batch is one transaction. Whoever needs another is named
    here with the reason, and whoever needs none any more is taken off."""
    modules = _modules()
    assert len({Path(name).parts[0] for name in modules}) == len(list(SERVICES.glob("*/src")))
    found = {name: begun(path.read_text("utf-8")) for name, path in modules.items()}
    assert {name: names for name, names in found.items() if names} == {
        name: set(reasons) for name, reasons in OWN.items()
    }


def test_one_that_commits_is_seen() -> None:
    """However it does it; a savepoint ends nothing."""
    source = """
async def by_block(context):
    async with context.database.transaction() as conn:
        pass

async def by_hand(conn):
    await conn.commit()

async def takes_back(conn):
    await conn.rollback()

async def keeps_part(conn):
    async with conn.begin_nested():
        pass

async def leaves_it(conn):
    await imports.begin(conn, import_id="x")

class Batch:
    def store(self):
        with self.spool.transaction() as work:
            pass
"""
    assert begun(source) == {"by_block", "by_hand", "takes_back", "store"}

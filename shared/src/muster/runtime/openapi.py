"""Writes each service's OpenAPI document, from which the pages' types are made.

``.venv/bin/python -m muster.runtime.openapi web/api``. Nothing is started and nothing connected:
documents come from routes alone. With ``--check`` nothing is written and a difference is an error.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from muster.runtime.http import install
from muster.runtime.provisioning import load_service, service_names
from muster.runtime.service import common_routers

__all__ = ["document", "main", "snapshots"]


def document(name: str) -> dict[str, Any]:
    """What the service of that name says at ``/openapi.json``. Raises LookupError."""
    app = FastAPI(title=f"muster {name}")
    install(app, name)
    for router in (*load_service(name).routers, *common_routers()):
        app.include_router(router)
    return app.openapi()


def snapshots() -> dict[str, bytes]:
    """Each installed service's document as it is kept: sorted, so that a difference is a change."""
    return {name: _written(document(name)) for name in service_names()}


def _written(held: dict[str, Any]) -> bytes:
    return f"{json.dumps(held, ensure_ascii=False, indent=1, sort_keys=True)}\n".encode()


def main(arguments: list[str]) -> int:
    """Write the documents into a folder, or compare them; gives the code of the process."""
    check = "--check" in arguments
    [folder] = [Path(one) for one in arguments if one != "--check"]
    found = {path.stem: path.read_bytes() for path in folder.glob("*.json")}
    wanted = snapshots()
    stale = sorted(name for name in found.keys() | wanted if found.get(name) != wanted.get(name))
    for name in stale:
        if check:
            sys.stderr.write(
                f"out of date, run `python -m muster.runtime.openapi {folder}`: {name}.json\n"
            )
        elif name in wanted:
            (folder / f"{name}.json").write_bytes(wanted[name])
        else:
            (folder / f"{name}.json").unlink()
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

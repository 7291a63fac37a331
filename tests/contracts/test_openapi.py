"""The pages' types are made from the very documents that the services give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter

from muster.runtime import openapi
from muster.runtime.provisioning import load_service, service_names

KEPT = Path(__file__).parents[2] / "web" / "api"


def test_kept_documents_are_those_of_the_services() -> None:
    """Drift fails the build; `.venv/bin/python -m muster.runtime.openapi web/api` writes anew."""
    wanted = openapi.snapshots()
    assert set(wanted) == set(service_names())
    assert {path.stem for path in KEPT.iterdir()} == set(wanted)
    stale = [name for name, held in wanted.items() if (KEPT / f"{name}.json").read_bytes() != held]
    assert stale == []


def test_a_document_is_what_the_running_service_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept documents are made without starting anything; the real application says the same."""
    service = load_service("reporting")
    built: dict[str, Any] = {}
    monkeypatch.setattr(
        "muster.runtime.service.build_running", lambda *_: built.setdefault("running", object())
    )
    context = type("Context", (), {"database": None})()
    settings: Any = object()
    app = type(service)(
        **{**vars(service), "context": lambda *_: context},
    ).create_app(settings)
    assert app.openapi() == openapi.document("reporting")


def test_a_changed_route_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard's fixture that it must reject; and a document that nobody gives goes."""
    assert openapi.main([str(tmp_path)]) == 0
    assert openapi.main(["--check", str(tmp_path)]) == 0
    (tmp_path / "nobody.json").write_text("{}", encoding="utf-8")
    assert openapi.main(["--check", str(tmp_path)]) == 1
    assert openapi.main([str(tmp_path)]) == 0
    assert not (tmp_path / "nobody.json").exists()
    extra = APIRouter()

    @extra.get("/planted")
    def planted() -> dict[str, str]:
        return {}

    monkeypatch.setattr("muster.runtime.edges.router", extra)
    assert openapi.main(["--check", str(tmp_path)]) == 1

"""The import rules hold, and each of them still rejects what it is there to reject."""

from __future__ import annotations

import ast
import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = ROOT / ".importlinter"
# By package name, which has an underscore where the folder has a hyphen (device-gateway).
SOURCES = {
    path.parent.name.replace("-", "_"): path.parent / "src"
    for path in sorted((ROOT / "services").glob("*/pyproject.toml"))
}
SERVICES = list(SOURCES)
SHARED = sorted(path.name for path in (ROOT / "shared/src/muster").iterdir() if path.is_dir())
SHARED = [name for name in SHARED if name != "__pycache__"]


def lint(*, cwd: Path, config: Path, first: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run import-linter; packages under `first` hide ours of the same name."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        (sys.executable, "-c", command, "--config", str(config), "--no-cache", "--no-logo"),
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(first or ""), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_house_keeps_its_rules() -> None:
    done = lint(cwd=ROOT, config=RULES)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_package_escapes_the_rules() -> None:
    config = configparser.ConfigParser()
    config.read(RULES)
    watched = set(config["importlinter"]["root_packages"].split())
    assert watched == {f"muster.{name}" for name in (*SERVICES, *SHARED)}
    for rule, names in (
        ("layers", "containers"),
        ("independence", "modules"),
        ("shared", "forbidden_modules"),
        ("county", "source_modules"),
    ):
        for_services = config[f"importlinter:contract:{rule}"][names]
        assert set(for_services.split()) == {f"muster.{name}" for name in SERVICES}, rule
    folders = {
        f"muster.{name}.api"
        for name, source in SOURCES.items()
        if (source / "muster" / name / "api" / "__init__.py").exists()
    }
    assert set(config["importlinter:contract:bodies"]["containers"].split()) == folders


def test_no_layer_is_stale() -> None:
    """A layer that no service has guards nothing: its module was renamed or has gone."""
    config = configparser.ConfigParser()
    config.read(RULES)
    for rule, folder in (("layers", ""), ("bodies", "api")):
        layers = set(re.findall(r"\((\w+)\)", config[f"importlinter:contract:{rule}"]["layers"]))
        there = {
            path.stem
            for name, source in SOURCES.items()
            for path in (source / "muster" / name / folder).glob("*")
        }
        assert layers <= there, f"{rule}: {layers - there}"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A house of the same plan, whose rooms are empty."""
    for source in (ROOT / "shared/src", *SOURCES.values()):
        for module in source.rglob("*.py"):
            empty = tmp_path / module.relative_to(source)
            empty.parent.mkdir(parents=True, exist_ok=True)
            empty.touch()
    return tmp_path


# File, the line planted in it, and the words of the rule that must be found broken. Without a line
# the file is a new one: one that no layer names is a breach by itself.
PLANTED = [
    ("capture/api/people.py", "import muster.capture.main", "Inside a service"),
    ("capture/api/people.py", "import muster.capture.topics", "Inside a service"),
    ("capture/handlers/people.py", "import muster.capture.api", "Inside a service"),
    ("capture/handlers/people.py", "import muster.capture.topics", "Inside a service"),
    ("reporting/store/counted.py", "import muster.reporting.handlers", "Inside a service"),
    ("access/domain/areas.py", "import muster.access.store", "Inside a service"),
    ("access/handlers/start.py", "import muster.access.commands", "Inside a service"),
    ("access/commands.py", "import muster.access.main", "Inside a service"),
    ("access/passwords.py", "import muster.access.handlers", "Inside a service"),
    ("access/store/tokens.py", "import muster.access.passwords", "Inside a service"),
    ("crosscheck/shapes.py", "import muster.crosscheck.api", "Inside a service"),
    ("reporting/handlers.py", "import muster.reporting.shapes", "Inside a service"),
    ("verification/handlers/common.py", "import muster.verification.api", "Inside a service"),
    ("reporting/api/live.py", "import muster.reporting.pulse", "Inside a service"),
    ("reporting/pulse.py", "import muster.reporting.topics", "Inside a service"),
    ("reporting/pulse_store.py", "import muster.reporting.store", "Inside a service"),
    ("reporting/pulse_store.py", "import muster.reporting.handlers", "Inside a service"),
    ("capture/settings.py", "import muster.capture.domain", "Inside a service"),
    ("device_gateway/token.py", "import muster.device_gateway.handlers", "Inside a service"),
    ("device_gateway/readers/port.py", "import muster.device_gateway.token", "Inside a service"),
    ("device_gateway/handlers.py", "import muster.device_gateway.running", "Inside a service"),
    (
        "department_connector/handlers/answering.py",
        "import muster.department_connector.topics",
        "Inside a service",
    ),
    (
        "department_connector/store/people.py",
        "import muster.department_connector.commands",
        "Inside a service",
    ),
    ("capture/helpers.py", "", "Inside a service"),
    ("department_connector/helpers.py", "", "Inside a service"),
    ("access/api/models.py", "import muster.access.api.tokens", "Inside an api"),
    ("capture/api/models.py", "from muster.capture.api import lists", "Inside an api"),
    ("verification/api/models.py", "import muster.verification.api.queue", "Inside an api"),
    ("reporting/api/guard.py", "import muster.reporting.api.counts", "Inside an api"),
    ("access/api/models.py", "import muster.access.api.page", "Inside an api"),
    ("capture/api/helpers.py", "", "Inside an api"),
    ("device_gateway/api/helpers.py", "", "Inside an api"),
    ("reporting/handlers.py", "from muster.capture import domain", "Services know each other"),
    ("access/main.py", "import muster.verification", "Services know each other"),
    (
        "device_gateway/domain/cards.py",
        "from muster.department_connector.domain import verdicts",
        "Services know each other",
    ),
    ("runtime/cli.py", "import muster.capture.main", "What is shared imports no service"),
    ("vocabulary/states.py", "from muster.access import api", "What is shared imports no service"),
    ("capture/handlers/people.py", "import muster.synth.county", "A service knows nothing of the"),
    (
        "crosscheck/commands.py",
        "import muster.runtime.demo.world",
        "A service knows nothing of the",
    ),
    ("access/main.py", "from muster.synth import cli", "A service knows nothing of the"),
    (
        "device_gateway/readers/port.py",
        "from muster.runtime.demo import campaign",
        "A service knows nothing of the",
    ),
    ("capture/domain/endings.py", "import muster.persistence", "A domain knows rules and words"),
    ("access/domain/areas.py", "from muster import security", "A domain knows rules and words"),
    ("device_gateway/domain/cards.py", "import muster.spool", "A domain knows rules and words"),
    (
        "department_connector/domain/verdicts.py",
        "import muster.persistence",
        "A domain knows rules and words",
    ),
    ("vocabulary/ids.py", "import muster.security", "Words import nothing of ours"),
    ("synth/cli.py", "import muster.persistence", "The maker of synthetic people"),
]


def test_the_empty_copy_keeps_the_rules(copy: Path) -> None:
    done = lint(cwd=copy, config=RULES, first=copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("file", "line", "rule"), PLANTED)
def test_a_planted_breach_is_rejected(copy: Path, file: str, line: str, rule: str) -> None:
    module = copy / "muster" / file
    assert module.exists() == bool(line), "the table names a file that is not there"
    module.write_text(line + "\n", encoding="utf-8")
    done = lint(cwd=copy, config=RULES, first=copy)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = [text for text in done.stdout.splitlines() if text.endswith("BROKEN")]
    assert any(text.startswith(rule) for text in broken), done.stdout


# -- what import-linter cannot say: only these may be imported -------------------------------------


def strange_imports(source: str, own: str) -> list[str]:
    """What a domain module imports beyond the standard library, the words and itself."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            module = node.module or ""
            # `from muster import x` names its module only in the alias.
            whole = [f"muster.{alias.name}" for alias in node.names]
            found += whole if module == "muster" else [module]
    allowed = ("muster.vocabulary", own)
    return [
        name
        for name in found
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not any(name == one or name.startswith(f"{one}.") for one in allowed)
    ]


def domain_files() -> dict[str, list[Path]]:
    """The files of each domain, and those of the words, by package."""
    found = {}
    for name, source in SOURCES.items():
        package = source / "muster" / name
        files = [package / "domain.py", *(package / "domain").rglob("*.py")]
        found[f"muster.{name}.domain"] = [path for path in files if path.exists()]
    found["muster.vocabulary"] = list((ROOT / "shared/src/muster/vocabulary").rglob("*.py"))
    return found


def test_domains_and_words_import_the_standard_library_only() -> None:
    for own, paths in domain_files().items():
        assert paths, f"{own}: no file was found"
        for path in paths:
            strange = strange_imports(path.read_text(encoding="utf-8"), own)
            assert not strange, f"{path.relative_to(ROOT)} imports {strange}"


@pytest.mark.parametrize(
    "line",
    [
        "import sqlalchemy",
        "from pydantic import BaseModel",
        "import muster.persistence.database",
        "from muster import security",
        "def f():\n    import fastapi",
        "from muster.capture import store",
        "from muster.vocabularyx import y",
    ],
)
def test_a_strange_import_is_seen(line: str) -> None:
    assert strange_imports(line, "muster.capture.domain")


def test_a_proper_import_is_not_strange() -> None:
    source = "import re\nfrom collections.abc import X\nfrom muster.vocabulary import y\n"
    source += "from muster.capture.domain.rules import z\nfrom . import rules\n"
    assert strange_imports(source, "muster.capture.domain") == []

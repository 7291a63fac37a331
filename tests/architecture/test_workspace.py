"""The workspace's own promises: locks without addresses, documented targets, no machine's paths."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEMBERS = [ROOT / "shared", *sorted(path.parent for path in ROOT.glob("services/*/pyproject.toml"))]


def tracked(root: Path = ROOT) -> list[Path]:
    """The files of the project: by git where it knows them; an unpacked archive is walked."""
    if (root / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(
            ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        if listed.returncode == 0:
            names = listed.stdout.split("\0")
            return [root / name for name in names if name and (root / name).is_file()]
    return walked(root)


def walked(root: Path) -> list[Path]:
    """All files but those in folders that .gitignore names."""
    ignored = [".git", *(line.rstrip("/") for line in (root / ".gitignore").read_text().split())]
    found: list[Path] = []
    for folder, names, files in os.walk(root):
        names[:] = [n for n in names if not any(fnmatch(n, pattern) for pattern in ignored)]
        found += [Path(folder, name) for name in files if name not in ignored]
    return sorted(found)


@pytest.mark.parametrize("lacks", [".git", "git", "its trust"])
def test_an_archive_and_a_machine_without_git_are_looked_at_as_well(
    lacks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """README: Python and make are all that `make test` needs."""
    shutil.copy(ROOT / ".gitignore", tmp_path)
    for name in (".venv/lib/a.py", "a/__pycache__/a.pyc", "m.egg-info/PKG", "a/b/c.py", "d.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    if lacks == "git":
        monkeypatch.setenv("PATH", "")
    if lacks != ".git":
        # A worktree whose repository is not there, which git refuses.
        (tmp_path / ".git").write_text("gitdir: nowhere\n")
    found = {str(path.relative_to(tmp_path)) for path in tracked(tmp_path)}
    assert found == {".gitignore", "a/b/c.py", "d.md"}


def test_what_is_walked_holds_all_that_git_knows() -> None:
    assert all(line.endswith("/") for line in (ROOT / ".gitignore").read_text().split())
    assert set(tracked()) <= set(walked(ROOT))


@pytest.mark.parametrize(
    ("name", "least"),
    [("requirements.lock", 80), ("requirements-node.lock", 1), ("requirements-pcsc.lock", 1)],
)
def test_the_lock_names_versions_and_hashes_and_no_address(name: str, least: int) -> None:
    lines = (ROOT / name).read_text().splitlines()
    pinned = [line for line in lines if re.match(r"[a-z0-9]", line)]
    assert len(pinned) >= least
    for line in pinned:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+", line), line
    assert all(re.match(r"[a-z0-9]|    --hash=sha256:[0-9a-f]{64}", line) for line in lines)
    assert "://" not in "\n".join(lines)


def strange_in_npm_lock(text: str) -> list[str]:
    """Packages of npm's lock without version and hash, and places that a package comes from."""
    packages = json.loads(text)["packages"]
    members = {held["resolved"] for held in packages.values() if held.get("link")}
    found = [line.strip() for line in text.splitlines() if "://" in line]
    for name, held in packages.items():
        if held.get("link") or name in {"", *members} or held.get("inBundle"):
            continue
        if "version" not in held or not held.get("integrity", "").startswith("sha512-"):
            found.append(f"{name} has no version or no hash")
        if "resolved" in held:
            found.append(f"{name} is resolved")
    return found


def test_the_lock_of_the_pages_names_versions_and_hashes_and_no_address() -> None:
    text = (ROOT / "web/package-lock.json").read_text(encoding="utf-8")
    assert len(json.loads(text)["packages"]) > 100
    assert strange_in_npm_lock(text) == []


@pytest.mark.parametrize(
    "planted",
    [
        {"version": "1.0.0"},
        {"integrity": "sha512-x"},
        {"version": "1.0.0", "integrity": "sha512-x", "resolved": "file:../x.tgz"},
        {"version": "1.0.0", "integrity": "sha512-x", "funding": "https://a.example"},
    ],
)
def test_an_address_and_a_package_without_hash_are_seen(planted: dict[str, str]) -> None:
    whole = {"": {"name": "web"}, "ui": {}, "node_modules/ui": {"link": True, "resolved": "ui"}}
    good = {"node_modules/a": {"version": "1.0.0", "integrity": "sha512-x"}}
    assert strange_in_npm_lock(json.dumps({"packages": {**whole, **good}})) == []
    assert strange_in_npm_lock(json.dumps({"packages": {**whole, "node_modules/b": planted}}))


def test_the_lock_holds_every_dependency() -> None:
    text = (ROOT / "requirements.lock").read_text()
    locked = {
        re.sub(r"[_.]", "-", name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.M)
    }
    wanted: set[str] = set()
    root = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lists = [root["dependency-groups"]["dev"]]
    lists += [
        tomllib.loads((member / "pyproject.toml").read_text())["project"]["dependencies"]
        for member in MEMBERS
    ]
    for one in lists:
        for requirement in one:
            match = re.match(r"[A-Za-z0-9._-]+", requirement)
            assert match
            wanted.add(match[0].lower().replace("_", "-"))
    missing = {name for name in wanted if not name.startswith("muster-")} - locked
    assert not missing, f"run 'make lock': {missing}"


def test_make_help_explains_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.M)
    assert phony
    shown = subprocess.run(("make", "help"), cwd=ROOT, capture_output=True, text=True, check=True)
    explained = dict(re.findall(r"^  make ([a-z-]+) +(\S.*)$", shown.stdout, re.M))
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    assert set(explained) == set(phony[1].split()) == targets
    assert all(len(text) > 8 for text in explained.values())


@pytest.mark.parametrize(
    "pattern",
    [
        r"/(?:home|Users|root)/[a-z]",  # somebody's own folder
        r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)",
    ],
    ids=["machine path", "literal resident number"],
)
def test_no_tracked_file_holds(pattern: str) -> None:
    found = []
    for path in tracked():
        if path.name == "requirements.lock" or path == Path(__file__):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {hit}" for hit in re.findall(pattern, text)]
    assert not found


def test_files_stay_readable() -> None:
    """Past this a file becomes a folder of the same name (design section 3)."""
    sources = [path for path in tracked() if path.suffix == ".py" and "/src/" in str(path)]
    assert sources
    long = {
        str(path.relative_to(ROOT)): count
        for path in sources
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 420
    }
    assert not long


@pytest.mark.parametrize("program", ["device_gateway", "department_connector"])
def test_an_edge_loads_no_database_of_a_service(program: str) -> None:
    """Edges run on small computers and are started for every command; they keep SQLite only."""
    asked = f"import sys, muster.{program}.main; print('sqlalchemy' in sys.modules)"
    told = subprocess.run((sys.executable, "-c", asked), capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"

from __future__ import annotations

import json
import socket
import stat
from pathlib import Path

import pytest

from muster.runtime.home import Home, free_port, write_private


def test_secrets_are_kept_private_and_distinct(tmp_path: Path) -> None:
    home = Home(tmp_path / "stack").create()
    first = home.secret("muster_capture")
    assert home.secret("muster_capture") == first
    assert Home(home.path).secret("muster_capture") == first
    assert home.secret("muster_access") != first
    assert len(first) == 43  # 256 bit
    assert stat.S_IMODE(home.secrets_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.keys.stat().st_mode) == 0o700


def test_ports_are_kept_unless_somebody_took_them(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    port = home.port("postgres")
    assert home.port("postgres") == port
    assert home.port("redis") != port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        other = home.port("postgres")
    assert other != port
    assert home.port("postgres") == other


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    write_private(path, {"a": 1})
    with pytest.raises(TypeError):
        write_private(path, {"a": 1, "b": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [found.name for found in tmp_path.iterdir()] == ["stack.json"]


def test_free_port_can_be_bound() -> None:
    with socket.socket() as here:
        here.bind(("127.0.0.1", free_port()))

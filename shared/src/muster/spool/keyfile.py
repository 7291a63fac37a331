"""An edge's key file: its own keys, who it is, and where the services are.

``edge.json`` in the edge's home folder, mode 0600, written whole. The private keys are made here
and never leave this computer; without the file the spool beside it cannot be read any more.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self, cast

import orjson

from muster.security import jose
from muster.security.jose import Jwk
from muster.security.keyring import (
    Key,
    Keyring,
    KeyringError,
    dump_keys,
    new_key,
    parse_keys,
    write_private,
)
from muster.vocabulary.reasons import BilingualError

NAME = "edge.json"
Kind = Literal["terminal", "department"]
"""Which edge it is, in the words of the owner of its keys in ``access-key-changed``."""

_TEXTS = {"place", "area", "label"}
_MEMBERS = {"kind", "signing", "encryption", "keys", "services", "kafka", *_TEXTS}


class KeyfileError(BilingualError, ValueError):
    """The file is not as it must be. Names members, never a secret."""


@dataclass(frozen=True)
class Edge:
    """One edge. ``place`` is the terminal's id or the department's, and None until it is enrolled;
    ``services`` are base URLs by name, ``kafka`` the broker's address."""

    kind: Kind
    signing: Jwk = field(repr=False)
    encryption: Jwk | None = field(repr=False)
    keys: Keyring = field(repr=False)
    services: Mapping[str, str]
    kafka: str
    place: str | None = None
    area: str | None = None
    label: str | None = None

    @classmethod
    def new(
        cls, kind: Kind, services: Mapping[str, str], kafka: str, *, place: str | None = None
    ) -> Self:
        """An edge with fresh keys; a department's also gets one to which is sealed."""
        return cls(
            kind=kind,
            signing=jose.generate("sig"),
            encryption=jose.generate("enc") if kind == "department" else None,
            keys=Keyring([new_key(f"spool/{kind}", 1)]),
            services={name: _address(name, url) for name, url in services.items()},
            kafka=kafka,
            place=place,
        )

    @property
    def spool_key(self) -> Key:
        """The key of the spool's rows."""
        return self.keys.current(f"spool/{self.kind}")

    def enrolled(self, place: str, area: str | None, label: str | None) -> Self:
        """The same edge, with what access called it."""
        return replace(self, place=place, area=area, label=label)

    def at(self, services: Mapping[str, str], kafka: str) -> Self:
        """The same edge, with other addresses."""
        known = {name: _address(name, url) for name, url in services.items()}
        return replace(self, services=known, kafka=kafka)

    def with_keys(self, keys: Iterable[Key]) -> Self:
        """The same edge with more keys, such as a department's matching keys.

        Raises KeyringError when a key of the same id is held here and differs.
        """
        more = []
        for key in keys:
            if key.kid not in self.keys:
                more.append(key)
            elif self.keys.get(key.kid) != key:
                raise KeyringError(f"{key.kid} differs from the one that is here")
        return replace(self, keys=Keyring([*self.keys, *more]))


def read(folder: Path) -> Edge:
    """The edge of a home folder.

    Raises:
        KeyfileError: no such file, others may read it, or it is not as this module writes it.
    """
    path = folder / NAME
    try:
        data = path.read_bytes()
    except OSError:
        raise KeyfileError(
            f"文件夹中的 {NAME} 无法读取。", f"{NAME} cannot be read in this folder."
        ) from None
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise KeyfileError(
            f"{NAME} 可被他人读取，权限须为 0600。",
            f"{NAME} is open to others than its owner; it must be 0600.",
        )
    try:
        return _parse(data)
    except KeyringError as error:
        raise KeyfileError(f"{NAME} 中的密钥有误。", f"{NAME}: {error}.") from None


def create(folder: Path, edge: Edge) -> None:
    """Write the file of a new edge, and make the folder.

    Raises:
        KeyfileError: there is one; taking its keys away would make the spool unreadable.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / NAME).exists():
        raise KeyfileError(
            f"{NAME} 已存在，不予替换。", f"{NAME} is there already; it is not replaced."
        )
    write(folder, edge)


def write(folder: Path, edge: Edge) -> None:
    """Write the file whole: a reader, and a restart after a kill, finds the old one or this one."""
    document = {
        "kind": edge.kind,
        "place": edge.place,
        "area": edge.area,
        "label": edge.label,
        "services": dict(edge.services),
        "kafka": edge.kafka,
        "signing": edge.signing,
        "encryption": edge.encryption,
        "keys": orjson.loads(dump_keys(edge.keys))["keys"],
    }
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    write_private(folder / NAME, orjson.dumps(document, option=options))


def _parse(data: bytes) -> Edge:
    try:
        loaded = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise KeyfileError(f"{NAME} 不是 JSON。", f"{NAME} is not JSON.") from None
    if not isinstance(loaded, dict) or set(loaded) != _MEMBERS:
        names = ", ".join(sorted(_MEMBERS))
        raise KeyfileError(
            f"{NAME} 须有且仅有下列成员：{names}。",
            f"{NAME} has these members and no others: {names}.",
        )
    if loaded["kind"] not in ("terminal", "department"):
        raise KeyfileError("kind 须为 terminal 或 department。", "kind is terminal or department.")
    for name in _TEXTS:
        if not isinstance(loaded[name], str | None):
            raise KeyfileError(f"{name} 须为文本。", f"{name} is text.")
    if not isinstance(loaded["services"], dict) or not isinstance(loaded["kafka"], str):
        raise KeyfileError(
            "services 须为名称到地址的对应，kafka 须为地址。",
            "services maps names to addresses, and kafka is an address.",
        )
    encryption = loaded["encryption"]
    return Edge(
        kind=cast("Kind", loaded["kind"]),
        signing=_jwk("signing", loaded["signing"]),
        encryption=None if encryption is None else _jwk("encryption", encryption),
        keys=Keyring(parse_keys(orjson.dumps({"keys": loaded["keys"]}))),
        services={name: _address(name, url) for name, url in loaded["services"].items()},
        kafka=loaded["kafka"],
        place=loaded["place"],
        area=loaded["area"],
        label=loaded["label"],
    )


def _jwk(name: str, value: Any) -> Jwk:
    try:
        return jose.check_private(value)
    except ValueError:
        raise KeyfileError(
            f"{name} 不是 EC P-256 私钥。", f"{name} is no EC P-256 private key."
        ) from None


def _address(name: str, url: Any) -> str:
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise KeyfileError(
            f"{name} 的地址不是 http 或 https 网址。",
            f"The address of {name} is no http or https URL.",
        )
    return url.rstrip("/")

"""Who this connector is: its keys, its department, its profile, in the home folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from muster.department_connector.handlers.common import CAMPAIGN, OWN_KEY
from muster.department_connector.handlers.supplying import SEALED
from muster.forms import Profile
from muster.forms.model import Department
from muster.security.keyring import Key, Keyring, KeyringError, new_key, write_private
from muster.spool import keyfile
from muster.spool.keyfile import Edge, KeyfileError
from muster.spool.services import ServiceAway, ServiceKeys, enrol_department, new_client

PROFILE_NAME: Final = "profile.json"
SERVICES = ("verification", "crosscheck")
"""The services whose keys a connector needs, to verify requests and to seal answers."""


class NotEnrolled(RuntimeError):  # noqa: N818 - reads as what it says
    """This folder belongs to no enrolled department."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an enrolment is asked to be."""

    department: str
    profile: str
    keys: Path
    services: Mapping[str, str]
    kafka: str
    code: str | None


def enrolled(home: Path) -> tuple[Edge, Profile]:
    """The department of a home folder, and its profile.

    Raises:
        KeyfileError, NotEnrolled, ProfileError: the folder is not usable.
    """
    edge = keyfile.read(home)
    if edge.kind != "department" or edge.place is None or edge.encryption is None:
        raise NotEnrolled(
            "本机尚未登记部门，请先执行 muster-connector enrol。"
            " No department is enrolled here; run 'muster-connector enrol'."
        )
    profile = _kept_profile(home)
    if edge.place not in profile.departments:
        raise NotEnrolled(
            f"采集方案 {profile.id} 中没有部门 {edge.place}。"
            f" The profile {profile.id} has no department {edge.place}."
        )
    return edge, profile


async def enrol(home: Path, wanted: Wanted) -> tuple[Edge, list[str]]:
    """The enrolled edge, written, and the services whose keys could not be fetched.

    Raises:
        Refusal, ServiceAway: access refused, or is away; then the keys made here are kept.
        KeyfileError, KeyringError, ProfileError, NotEnrolled: what was given does not fit.
    """
    profile = Profile.load(wanted.profile)
    department = profile.departments.get(wanted.department)
    if department is None:
        known = ", ".join(sorted(profile.departments))
        raise NotEnrolled(
            f"采集方案 {profile.id} 中没有该部门，只有：{known}。"
            f" The profile {profile.id} has no such department, but: {known}."
        )
    matching_keys = _matching_keys(wanted.keys, department)
    edge = _edge(home, wanted).with_keys(matching_keys)
    _keep_profile(home, wanted.profile)
    async with new_client() as http:
        if wanted.code is not None:
            assert edge.encryption is not None
            done = await enrol_department(
                http,
                wanted.services["access"],
                code=wanted.code,
                signing=edge.signing,
                encryption=edge.encryption,
            )
            if done.place != department.id:
                raise NotEnrolled(
                    f"该登记码属于部门 {done.place}。 That code is for the department {done.place}."
                )
            edge = edge.enrolled(done.place, done.area, done.label)
        elif edge.place is None:
            raise NotEnrolled(
                "本机尚未登记部门，须有管理员发放的登记码。"
                " No department is enrolled here yet; a code of access is needed."
            )
        keyfile.write(home, edge)
        keys, missing = ServiceKeys(home, edge.services, http), []
        for name in SERVICES:
            try:
                await keys.refresh([name])
            except ServiceAway:
                missing.append(name)
    return edge, missing


def _edge(home: Path, wanted: Wanted) -> Edge:
    if not (home / keyfile.NAME).exists():
        edge = Edge.new("department", wanted.services, wanted.kafka)
        edge = edge.with_keys([new_key(OWN_KEY, 1)])
        # Before access hears of the keys: a kill in between must not lose them.
        keyfile.create(home, edge)
        return edge
    edge = keyfile.read(home).at(wanted.services, wanted.kafka)
    if edge.kind != "department" or edge.place not in (None, wanted.department):
        raise KeyfileError(
            "该文件夹属于其他部门，或属于采集端。",
            "The folder belongs to another department, or to a terminal.",
        )
    return edge


def _matching_keys(path: Path, department: Department) -> list[Key]:
    """The keys that this department's connector holds, of a file that may hold no others."""
    try:
        ring = Keyring.from_file(path)
    except OSError:
        raise KeyringError(f"{path.name} cannot be read") from None
    allowed = {f"blind/{department.id}"}
    if department.mode == SEALED:
        allowed.add(CAMPAIGN)
    missing = sorted(allowed - ring.purposes())
    if missing:
        raise KeyringError(f"{path.name} lacks {', '.join(missing)}")
    foreign = sorted(ring.purposes() - allowed)
    if foreign:
        raise KeyringError(f"{path.name} holds keys that are not this connector's: {foreign[0]}")
    return list(ring)


def _keep_profile(home: Path, named: str) -> None:
    is_path = "/" in named or named.endswith((".yaml", ".yml"))
    kept = str(Path(named).resolve()) if is_path else named
    write_private(home / PROFILE_NAME, orjson.dumps({"profile": kept}))


def _kept_profile(home: Path) -> Profile:
    try:
        named = orjson.loads((home / PROFILE_NAME).read_bytes())["profile"]
    except (OSError, ValueError, KeyError, TypeError):
        raise NotEnrolled(
            f"{PROFILE_NAME} 无法读取，请重新登记。 {PROFILE_NAME} cannot be read; enrol again."
        ) from None
    return Profile.load(str(named))

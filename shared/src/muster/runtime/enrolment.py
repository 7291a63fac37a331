"""``muster enrolment``: a one-time code for the connector of a department or for the gateway of a
desk, with all that whoever enrols there has to give. As the administrator may do over the API."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.console import Console

from muster.runtime.client import Account
from muster.runtime.home import LOOPBACK, Home
from muster.runtime.ledger import profile_of
from muster.runtime.signed_in import refuse, signed_in

_err = Console(stderr=True)
_SERVICES = {
    "muster-connector": ("access", "verification", "crosscheck"),
    "muster-gateway": ("access", "capture", "reporting"),
}
"""With which services each edge speaks."""
_THEN = (
    "本系统的 Kafka 须登录：登记之后请在此处执行 muster acls，",
    "把它给出的登录文件以 kafka.json 之名放入该连接器或读卡程序的文件夹。",
    "One signs in to Kafka here: once it is enrolled run 'muster acls' here, and put the login",
    "file that it names into the home folder of the connector or gateway, as kafka.json.",
)
"""What else an edge needs where Kafka knows who speaks."""


def enrolment(
    department: Annotated[
        str | None, typer.Option(help="For the connector of this department of the profile.")
    ] = None,
    area: Annotated[
        str | None, typer.Option(help="For the gateway of a desk of this area (code).")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="What the computer is called in lists; for a desk needed.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Open a code for one department's connector, or for one computer at a desk; it holds a day.

    Standard output has only the command that enrols there, so that it can be copied, or piped to a
    shell on this machine; what it means and what goes with it is said beside it."""
    home = Home.find()
    if (department is None) == (area is None):
        refuse(
            "请给出 --department（部门）或 --area（采集点区域）之一。",
            "Give one of --department (a department) and --area (of a desk).",
        )
    if area is not None and label is None:
        refuse(
            "请以 --label 给出该计算机的名称。",
            "Say with --label what the computer is called.",
        )

    async def work(account: Account) -> dict[str, Any]:
        profile = profile_of(home)
        known = profile.departments.get(department or "")
        body: dict[str, object] = {
            "area": area or profile.area,
            # Of a department that the profile does not have, access says so.
            "label": label or (known.zh if known else department),
        }
        if department is not None:
            body["department"] = department
        opened: dict[str, Any] = await account.post("access", "/enrolments", body)
        return opened

    given = _given(home, signed_in(home, work))
    if as_json:
        sys.stdout.write(json.dumps(given, indent=1, ensure_ascii=False) + "\n")
        return
    for line in _explained(given):
        _err.print(line, markup=False, highlight=False, soft_wrap=True)
    if (home.logins / "access.json").exists():
        for line in _THEN:
            _err.print(line, markup=False, highlight=False, soft_wrap=True)
    sys.stdout.write(shlex.join(given["command"]) + "\n")


def _given(home: Home, opened: Mapping[str, Any]) -> dict[str, Any]:
    """The code with its validity, what goes with it, and the command that takes them."""
    department = opened["department"]
    program = "muster-gateway" if department is None else "muster-connector"
    stack = home.stack()
    given: dict[str, Any] = {
        **{name: opened[name] for name in ("code", "expires_at", "area", "label", "department")},
        "services": {name: stack["services"][name]["url"] for name in _SERVICES[program]},
        "kafka": stack["kafka"],
    }
    if department is not None:
        given["keys"] = str(home.keys / f"connector-{department}.json")
        given["profile"] = stack["profile"]
    options = {**given["services"]} | {
        name: given[name]
        for name in ("kafka", "department", "keys", "profile", "code")
        if given.get(name) is not None
    }
    words = (word for name, value in options.items() for word in (f"--{name}", value))
    return {**given, "command": [program, "enrol", *words]}


def _explained(given: Mapping[str, Any]) -> Sequence[str]:
    until = f"{given['expires_at'][:16]}Z"
    who = given["department"] or f"{given['area']} {given['label']}"
    lines = [
        f"{who} 的登记码：{given['code']}，{until} 前有效，只能登记一次。",
        f"Code for {who}: {given['code']}, until {until}, for one enrolment.",
    ]
    if given["department"] is not None:
        lines += [
            f"连同密钥文件 {given['keys']} 只交给该部门；--keys 为其在该部门的位置。",
            f"For the department alone, with the key file {given['keys']}; --keys: where it lies.",
        ]
        if "/" in given["profile"]:
            lines += [
                f"采集方案文件 {given['profile']} 也一并交给该部门。",
                f"The file of the profile, {given['profile']}, goes with it.",
            ]
        lines += [
            "一台计算机上有几个部门时，先为每个部门设置各自的 MUSTER_CONNECTOR_HOME。",
            "Of several departments on one computer each has a MUSTER_CONNECTOR_HOME of its own.",
        ]
    hosts = {urlsplit(url).hostname for url in given["services"].values()}
    if LOOPBACK in hosts or given["kafka"].startswith(f"{LOOPBACK}:"):
        lines += [
            "以下地址只在本机有效；在其他计算机上请换成那里可以访问的地址。",
            "The addresses hold on this computer only; on another give those that it reaches.",
        ]
    return [*lines, "在该计算机上执行： Run there:"]

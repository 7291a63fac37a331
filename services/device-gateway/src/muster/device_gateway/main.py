"""The ``muster-gateway`` command: enrol this computer, run the gateway, pair a browser with it, ask
how it is."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer
from pydantic import ValidationError

from muster.device_gateway import store, token
from muster.device_gateway.domain.reasons import RULES
from muster.device_gateway.settings import LOOPBACK, Settings
from muster.device_gateway.store import NotEnrolled
from muster.device_gateway.token import TokenError
from muster.messaging.login import LoginError
from muster.observability import logging
from muster.runtime import loop
from muster.spool import keyfile
from muster.spool.desk_link import desk_link
from muster.spool.ending import fail
from muster.spool.keyfile import Edge, KeyfileError
from muster.spool.services import ServiceAway, ServiceKeys, enrol_terminal, new_client
from muster.spool.store import SpoolError
from muster.vocabulary.reasons import BilingualError, Refusal

if TYPE_CHECKING:
    import httpx

app = typer.Typer(no_args_is_help=True, help="The device gateway: card readers and signatures.")

_ANEW = "不能使用，请告知管理员；不能修复时，移走整个文件夹后重新登记。"
_SPOOL = "本机事件库 spool.db " + _ANEW
_FAULTS: Mapping[type[Exception], str] = {
    KeyfileError: "密钥文件 edge.json " + _ANEW,
    LoginError: "请用管理员给的 kafka.json 替换；没有这个文件就不登录 Kafka。",
    NotEnrolled: "本机尚未登记为采集端，请用管理员给的授权码登记（muster-gateway enrol）。",
    TokenError: "令牌文件 token 不能使用，请检查其权限；删除后会重新生成。",
    SpoolError: _SPOOL,
    sqlite3.Error: _SPOOL,
    ServiceAway: "服务没有应答，请检查地址和网络后再试。",
    OSError: "不能启动或不能读写：请检查端口是否已被占用（本程序可能已在运行）、文件夹是否可用。",
}
"""What can stop a command, and what to do, in Chinese; the errors themselves say it in English, or
in both."""
_STATES = {
    "waiting": "待发送",
    "published": "待签收",
    "received": "已签收",
    "oldest": "最早一条（秒）",
}


@app.callback()
def configure() -> None:
    """The device gateway: card readers and signatures."""
    # What is asked for stands alone on standard output.
    logging.configure("device-gateway", stream=sys.stderr)


Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]


@app.command()
def enrol(
    access: Annotated[str, typer.Option(help="Address of access.")],
    capture: Annotated[str, typer.Option(help="Address of capture.")],
    reporting: Annotated[str, typer.Option(help="Address of reporting.")],
    kafka: Annotated[str, typer.Option(help="HOST:PORT of the broker.")],
    code: Annotated[
        str | None,
        typer.Option(help="One-time code; without one an enrolled gateway takes the addresses."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Enrol this computer by an administrator's code. May be repeated."""
    settings = _settings()
    services = {"access": access, "capture": capture, "reporting": reporting}
    try:
        edge, missing = asyncio.run(_enrol(settings.home, services, kafka, code))
    except Refusal as error:
        raise fail("\n".join(f"{r.zh}\n{r.en}" for r in error.reasons)) from None
    except tuple(_FAULTS) as error:
        raise _faulty(error) from None
    found = {
        "terminal_id": edge.place,
        "area": edge.area,
        "label": edge.label,
        "home": str(settings.home),
        "token_file": str(settings.home / token.NAME),
        "keys_missing": missing,
    }
    if as_json:
        _print_json(found)
        return
    name = edge.label or edge.place
    _say(f"已登记为 {edge.area} 的采集端 {name}；采集页面所需令牌在下列文件中。")
    _say(f"Enrolled as {name} in {edge.area}; the desk's token stands in")
    _say(found["token_file"])
    if missing:
        _say(f"尚未取得 {', '.join(missing)} 的公钥，运行时会自动再取。")
        _say(f"Keys of {', '.join(missing)} were not there; they are fetched while it runs.")


async def _enrol(
    home: Path, services: dict[str, str], kafka: str, code: str | None
) -> tuple[Edge, list[str]]:
    """The enrolled edge, written, and the services whose keys could not be fetched."""
    if (home / keyfile.NAME).exists():
        edge = keyfile.read(home).at(services, kafka)
    else:
        edge = Edge.new("terminal", services, kafka)
        # Before access hears of the key: a kill in between must not lose it.
        keyfile.create(home, edge)
    if edge.kind != "terminal":
        raise KeyfileError(
            "该文件夹属于部门连接器。", "The folder belongs to a department's connector."
        )
    # Made before the terminal has a name, so that one that is missing later is known to be lost.
    store.open_spool(home, edge).close()
    async with new_client() as http:
        if code is not None:
            done = await enrol_terminal(http, services["access"], code=code, signing=edge.signing)
            edge = edge.enrolled(done.place, done.area, done.label)
        elif edge.place is None:
            raise NotEnrolled("This computer is not enrolled yet; a code of access is needed.")
        keyfile.write(home, edge)
        token.ensure(home)
        keys, missing = ServiceKeys(home, edge.services, http), []
        for name in store.READERS:
            try:
                await keys.refresh([name])
            except ServiceAway:
                missing.append(name)
    return edge, missing


@app.command()
def run() -> None:
    """Answer the desk and publish, until SIGTERM. The first line of output says where, as JSON."""
    # Here, because no other command needs a web server, which takes most of a second to load.
    from muster.device_gateway import running

    settings = _settings()

    def ready(where: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(where) + "\n")
        sys.stdout.flush()

    try:
        loop.run(running.run(settings, ready))
    except tuple(_FAULTS) as error:
        raise _faulty(error) from None


@app.command()
def status(as_json: Json = False) -> None:
    """Who this terminal is, what waits in its spool, and whether it runs."""
    settings = _settings()
    try:
        edge = store.enrolled(settings.home)
        spool = store.open_spool(settings.home, edge)
        try:
            counts = asdict(spool.counts())
        finally:
            spool.close()
    except tuple(_FAULTS) as error:
        raise _faulty(error) from None
    live = _ask_running(settings)
    found = {
        "terminal_id": edge.place,
        "area": edge.area,
        "label": edge.label,
        "running": live is not None,
        "readers": live["readers"] if live else {},
        "spool": counts,
    }
    if as_json:
        _print_json(found)
        return
    runs = "正在运行 runs" if live else "未运行 does not run"
    _say(f"{edge.label or edge.place} ({edge.area}): {runs}")
    for name, state in found["readers"].items():
        rule = RULES.get(state)
        _say(f"读卡器 reader {name}: " + (f"{rule.zh} {rule.en}" if rule else f"就绪 {state}"))
    told = (f"{_STATES[state]} {state} {count:g}" for state, count in counts.items())
    _say("事件 spool: " + ", ".join(told))


@app.command()
def pair(
    desk: Annotated[
        str | None,
        typer.Option(help="Where the desk's pages are; else the first of MUSTER_GATEWAY_ORIGINS."),
    ] = None,
    as_json: Json = False,
) -> None:
    """The link that makes the collector's browser know this gateway: open it there, once."""
    settings = _settings()
    try:
        store.enrolled(settings.home)
        secret = token.ensure(settings.home)
        origin = _origin(desk, settings)
        answer = _ask(settings, "/status", {"Origin": origin})
    except tuple(_FAULTS) as error:
        raise _faulty(error) from None
    if answer is None:
        raise fail(
            "本机读卡程序没有运行，请先启动（muster-gateway run）。\n"
            "The gateway does not run; start it first (muster-gateway run)."
        )
    if not answer.is_success:
        raise fail(
            f"正在运行的读卡程序不接受 {origin} 的网页，"
            "请把它写入 MUSTER_GATEWAY_ORIGINS 后重新启动。\n"
            f"The running gateway lets in no page of {origin}: put it into MUSTER_GATEWAY_ORIGINS "
            "and start the gateway again."
        )
    gateway = f"http://{LOOPBACK}:{answer.url.port}"
    link = desk_link(origin, gateway=gateway, token=secret)
    if as_json:
        _print_json({"link": link, "gateway": gateway, "origin": origin})
        return
    _say("请在本机采集员的浏览器中打开下面的链接，一次即可。")
    _say("链接是本机的密钥：不要发给他人，不要拍照或抄写；在别的电脑上无用。")
    _say("Open this link once in the collector's browser on this computer.")
    _say("It is a secret of this computer: give it to nobody. On another computer it is of no use.")
    _say(link)


def _origin(desk: str | None, settings: Settings) -> str:
    """Scheme, host and port of the desk's pages."""
    if desk is None and not settings.allowed_origins:
        raise fail(
            "请用 --desk 写明采集页面的网址，或设置 MUSTER_GATEWAY_ORIGINS。\n"
            "Say by --desk where the desk's pages are, or set MUSTER_GATEWAY_ORIGINS.",
            2,
        )
    said = desk or settings.allowed_origins[0]
    try:
        parts = urlsplit(said)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
        raise fail(
            f"采集页面的网址须以 http:// 或 https:// 开头：{said}\n"
            f"The address of the desk's pages is an http or https URL: {said}",
            2,
        )
    return f"{parts.scheme}://{parts.netloc}".lower()


def _ask_running(settings: Settings) -> dict[str, Any] | None:
    """What the running gateway says; None when none answers."""
    answer = _ask(settings, "/status")
    if answer is None or not answer.is_success:
        return None
    try:
        found: dict[str, Any] = answer.json()
    except ValueError:
        return None
    return found


def _ask(
    settings: Settings, path: str, headers: Mapping[str, str] | None = None
) -> httpx.Response | None:
    """What the running gateway answers; None when none does on its port: the configured one, or
    where that is any free one, the one that it took."""
    from muster.spool.web import httpx

    try:
        port = settings.port or int(settings.port_file.read_text("ascii"))
        return httpx.get(
            f"http://{LOOPBACK}:{port}{path}",
            headers={"Authorization": f"Bearer {token.ensure(settings.home)}", **(headers or {})},
            timeout=5,
            trust_env=False,
        )
    except (httpx.HTTPError, httpx.InvalidURL, FileNotFoundError, ValueError):
        return None


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        wrong = sorted({f"MUSTER_GATEWAY_{str(e['loc'][0]).upper()}" for e in error.errors()})
        names = ", ".join(wrong)
        said = f"环境变量的值不正确：{names}。\nMalformed in the environment: {names}."
        raise fail(said, 2) from None


def _say(text: object) -> None:
    typer.echo(text)


def _print_json(found: object) -> None:
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))


def _faulty(error: Exception) -> typer.Exit:
    """The end of a command that an error stopped."""
    said = next(zh for kind, zh in _FAULTS.items() if isinstance(error, kind))
    if isinstance(error, BilingualError):
        return fail(f"{error.zh}{said}\n{error.en}")
    return fail(f"{said}\n{error}")


if __name__ == "__main__":
    app()

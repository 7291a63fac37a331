"""``muster demo`` as anybody runs it: a process of its own, from nothing to demo.json.

Each place once on the embedded broker and once on Apache Kafka. While a stack is still up after its
campaign, everything that it shows is searched for everybody in its county.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import psutil
import pytest
from confluent_kafka import Producer

from muster.contracts.topics import SERVICES, load_topics
from muster.forms import Profile
from muster.runtime.demo.campaign import ACCOUNTS
from muster.runtime.embedded import EmbeddedRedis
from muster.runtime.home import Home
from muster.synth import TRUTH, build, write
from muster.vocabulary.states import Role

from . import case, dump, surface
from .needles import Kind, file_values, needles, true_values
from .scanner import Hit, Piece, Scanner

PEOPLE = 120
SEEDS = {"embedded": 11, "kafka": 31}
PATIENCE = 1800.0
"""Seconds for one campaign. One that is stuck says so itself, much sooner."""
RUNS = [
    pytest.param(
        (broker, profile),
        id=f"{broker}-{profile}",
        marks=[pytest.mark.needs("kafka")] if broker == "kafka" else [],
    )
    for broker in SEEDS
    for profile in ("tongren", "loudi")
]
TONGREN = [run for run in RUNS if "tongren" in str(run.id)]
"""With these seeds somebody stays open there whom only the armed forces know, who keep their data
at home."""


@dataclass
class Demo:
    """One run of the demo: its process, which stays after the campaign, and what it left.

    ``again`` is its county made once more from the seed: nothing of the run knows what was planted.
    ``journals`` are hits in what SQLite kept beside the spools while the campaign went on.
    """

    base: Path
    profile: Profile
    seed: int
    servers: dict[str, str] = field(default_factory=dict)
    more_logs: tuple[Path, ...] = ()
    journals: list[Hit] = field(default_factory=list)
    journals_seen: set[str] = field(default_factory=set)
    process: subprocess.Popen[bytes] | None = None

    @property
    def home(self) -> Home:
        return Home(self.base / "demo")

    @property
    def output(self) -> Path:
        return self.base / "output.log"

    @property
    def kafka(self) -> str:
        return str(self.home.stack()["kafka"])

    @cached_property
    def again(self) -> Path:
        return write(build(self.profile, PEOPLE, self.seed), self.base / "again")

    @cached_property
    def scanner(self) -> Scanner:
        county = build(self.profile, PEOPLE, self.seed)
        return Scanner(needles(true_values(county) | file_values(self.profile, self.again)))

    @cached_property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.base / "demo.json").read_text("utf-8"))
        return told

    @cached_property
    def topics(self) -> dump.Topics:
        return dump.topics(self.kafka)

    def run(self) -> None:
        """Start it, and wait until its campaign is over."""
        scanner = self.scanner  # made before: the processors are busy enough later
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MUSTER_")}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "muster.runtime.cli", "demo"],
                env=environment
                | {
                    "MUSTER_HOME": str(self.base),
                    "PROFILE": self.profile.id,
                    "PEOPLE": str(PEOPLE),
                    "SEED": str(self.seed),
                    "EXIT": "0",
                }
                | self.servers,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + PATIENCE
        while not (self.base / "demo.json").exists():
            assert self.process.poll() is None, self.output.read_text("utf-8")[-3000:]
            assert time.monotonic() < deadline, self.output.read_text("utf-8")[-3000:]
            time.sleep(1.0)
            beside = [piece for piece in dump.journals(self.home.path / "edges") if piece.data]
            self.journals_seen.update(piece.place for piece in beside)
            self.journals += scanner.scan(beside)

    def end(self) -> int:
        """Ctrl-C; its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(120)

    def beside_topics(self) -> Iterator[Piece]:
        """Everything that can be looked at, but for the topics."""
        yield from dump.logs([self.home.logs, *self.more_logs])
        yield from dump.logs([self.output])
        yield from dump.metrics(self.home)
        redis = self.servers.get("MUSTER_REDIS_URL") or EmbeddedRedis(self.home).url
        yield from dump.redis_pieces(redis)
        yield from dump.edge_files(self.home.path / "edges")


@pytest.fixture(scope="module", params=RUNS)
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """The demo after its campaign, still up; whatever of it runs is ended with its last test."""
    broker, profile = request.param
    base = tmp_path_factory.mktemp(f"{broker}-{profile}")
    made = Demo(base, Profile.load(profile), SEEDS[broker])
    if broker == "kafka":
        # Servers that are not the demo's own: they are only named to it.
        made.servers = request.getfixturevalue("servers_apart")()
        made.more_logs = (request.getfixturevalue("server_home").logs,)
    try:
        made.run()
        yield made
    finally:
        if made.process is not None:
            made.end()


def test_the_demo_ends_as_the_county_was_planned(
    demo: Demo, plan: Callable[[Path], Any], plain: Callable[[dict[str, Any]], Any]
) -> None:
    """R75, R76, R99, R106. What was planted is found, and every ledger agrees."""
    told = demo.told
    assert demo.home.stack()["stack"] == ("native" if demo.servers else "embedded")
    assert not (demo.home.path / "county" / "truth").exists()
    truth = json.loads((demo.again / TRUTH).read_text("utf-8"))
    assert told["good"]
    assert told["agrees"]
    assert plain(told["ledger"]["villages"]) == plan(demo.again)
    assert _rules_at_import(told) == _planted(truth)
    assert told["seconds"].keys() >= {"start", "baseline", "desks and review", "agreement"}
    assert told["peak_memory_bytes"] > 0
    scored = subprocess.run(
        [
            *(sys.executable, "-m", "muster.runtime.cli", "synth", "score"),
            *(str(demo.again / TRUTH), str(demo.home.path / "findings.json")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert scored.returncode == 0, scored.stdout + scored.stderr


def test_each_kind_of_user_can_sign_in_at_the_address_that_was_said(demo: Demo) -> None:
    """The names and passwords are in a private file, and in nothing that is shown."""
    kept = demo.home.path / ACCOUNTS
    assert kept.stat().st_mode & 0o077 == 0
    accounts = json.loads(kept.read_text("utf-8"))["accounts"]
    by_role = {one["role"]: one for one in accounts}
    assert set(by_role) == set(Role)
    url = demo.home.stack()["web"]
    output = demo.output.read_text("utf-8")
    assert f"{url}/" in output
    assert str(kept) in output.replace("\n", "")
    for one in by_role.values():
        body = {"username": one["username"], "password": one["password"]}
        asked = httpx.post(f"{url}/api/access/token", json=body, timeout=30)
        said = asked.raise_for_status().json()
        assert [(g["role"], g["area"]) for g in said["grants"]] == [(one["role"], one["area"])]
    shown = b"".join(piece.data for piece in dump.logs([demo.home.logs, demo.output]))
    assert not [one["username"] for one in accounts if one["password"].encode() in shown]


def test_a_desk_is_open_for_a_browser(demo: Demo) -> None:
    """R55, R101. What the desk's page does, by the link that the demo wrote: a card from the box,
    the gateway's word at the sign-in, a look-up, a packet that capture takes; and nobody else may.
    """
    one = _with_desk(demo)
    link = urlsplit(one["desk"])
    told = {name: values[0] for name, values in parse_qs(link.fragment).items()}
    web = f"{link.scheme}://{link.netloc}"
    assert (web, link.path, told["desk"]) == (demo.home.stack()["web"], "/desk/", one["area"])
    assert one["desk"] not in demo.output.read_text("utf-8")
    assert one["username"] in demo.output.read_text("utf-8")

    def client(url: str, token: str) -> httpx.Client:
        headers = {"Origin": web, "Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=url, headers=headers, timeout=30)

    with (
        client(told["cards"], told["cards_token"]) as box,
        client(told["gateway"], told["token"]) as gateway,
        client(told["gateway"], told["cards_token"]) as stranger,
        httpx.Client(base_url=f"{web}/api", timeout=30) as api,
    ):
        assert stranger.get("/status").status_code == 401
        assert box.get("/cards", headers={"Origin": "http://127.0.0.1:1"}).status_code == 403
        cards = box.get("/cards", params={"desk": one["area"]}).raise_for_status().json()["cards"]
        assert {"new", "collected"} <= {card["id"].split("-")[1] for card in cards}
        body = {name: one[name] for name in ("username", "password")}
        body["terminal_assertion"] = gateway.post("/assertions").json()["assertion"]
        signed_in = api.post("/access/token", json=body).raise_for_status().json()
        api.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        for card in cards:
            assert box.post(f"/cards/{card['id']}/place").status_code == 204
            read = gateway.post("/readings", json={"wait": 20}).raise_for_status().json()
            assert box.post("/cards/lift").status_code == 204
            assert read["fields"]["resident_number"] == card["number"]
            number = {"resident_number": card["number"]}
            found = api.post("/capture/subjects/lookup", json=number).raise_for_status().json()
            assert found["known"] == ("-new-" not in card["id"])
        packet = {"payload": {"packet_id": str(uuid4()), "pieces": [{}]}}
        text = gateway.post("/packets", json=packet).raise_for_status().json()["packet"]
        kind = {"Content-Type": "application/jose"}
        taken = api.post("/capture/evidence", content=text, headers=kind).raise_for_status().json()
        assert [receipt["status"] for receipt in taken["receipts"]] == ["refused"]


@pytest.mark.parametrize("demo", TONGREN, indirect=True)
def test_two_cases_are_followed_to_their_closed_orders(demo: Demo) -> None:
    """R55, R58, R71, R73, R74, R75, R76."""
    asyncio.run(case.follow_field(demo.home, demo.profile.area))
    asyncio.run(case.follow_missed(demo.home, demo.profile.area))


def test_clear_is_only_what_may_be_seen(demo: Demo) -> None:
    """R100. Keys, headers and clear fields are those of the design; the rest is sealed."""
    messages = demo.topics.messages
    assert demo.topics.lost() == []
    assert surface.amiss(messages, demo.profile.departments) == []
    assert surface.mixed_up(messages, demo.profile.departments) == []
    shown: set[str] = set()
    for message in messages:
        with suppress(ValueError, TypeError):
            shown.update(json.loads(message.value or b"")["clear"])
    assert shown == set(surface.CLEAR)


def test_nobody_is_found_in_what_a_stack_shows(demo: Demo) -> None:
    """R100. No number, name, phone or address in any form, in any topic, log, metric or spool, nor
    in Redis."""
    beside = list(demo.beside_topics())
    # All of it was there to be looked at.
    stack = demo.home.stack()
    places = {piece.place for piece in beside if piece.data}
    for name in stack["services"]:
        assert {f"metrics of {name}", f"{name}.log"} <= places
    assert "a key of Redis" in places
    for edge in (demo.home.path / "edges").iterdir():
        assert {f"{edge.name}/spool.db", f"{edge.name}/spool.db, a row of outgoing"} <= places
    assert any(name.startswith("gateway-") for name in demo.journals_seen)
    assert any(name.startswith("connector-") for name in demo.journals_seen)

    assert demo.journals == []
    assert demo.scanner.scan(demo.topics.pieces()) == []
    assert demo.scanner.scan(beside) == []
    assert demo.scanner.chance() < 0.01


def test_a_leak_in_any_topic_is_found_and_goes_no_further(demo: Demo) -> None:
    """R100. One message with a leak in its key, a header and its value goes to every topic. The
    same look finds each; who reads such a message keeps it sealed and names nobody in a log."""
    specs = load_topics(departments=demo.profile.departments)
    _plant(demo, specs)
    after = _settled(demo.kafka)
    planted = {message.place for message in after.messages if message.key == _name(demo).encode()}
    hits = demo.scanner.scan(after.pieces())
    found = Counter((hit.place.partition(" of ")[0], hit.place.partition("[")[0]) for hit in hits)
    assert {
        (part, f"{part} of {name}") for part in ("key", "header", "value") for name in specs
    } == set(found)
    assert {hit.place.partition(" of ")[2] for hit in hits} == planted
    assert demo.scanner.scan(demo.beside_topics()) == []
    others = [message for message in after.messages if message.place not in planted]
    assert surface.amiss(others, demo.profile.departments) == []
    for service in SERVICES:
        assert any(message.topic == f"{service}-dead-letter" for message in others), service


def test_interrupted_it_leaves_nothing_running(demo: Demo) -> None:
    """Comes last: it ends the stack that the others look at."""
    assert demo.end() == 130
    stack = demo.home.stack()
    left = [
        name
        for name, part in stack["parts"].items()
        if part["pid"] is not None and psutil.pid_exists(part["pid"])
    ]
    assert left == []


def _rules_at_import(told: dict[str, Any]) -> Counter[tuple[str, str]]:
    return Counter(
        {(r["field"], r["rule"]): r["count"] for r in told["refused"] if r["door"] == "import"}
    )


def _planted(truth: dict[str, Any]) -> Counter[tuple[str, str]]:
    """Every planted mistake, and the rows that stand in the file twice."""
    baseline = truth["baseline"]
    return Counter((one["field"], one["rule"]) for one in baseline["refused"] + baseline["twice"])


def _with_desk(demo: Demo) -> dict[str, str]:
    """A collector's account with its desk's link; the desks open after the figures are there."""
    deadline = time.monotonic() + 5 * dump.PATIENCE
    while True:
        accounts = json.loads((demo.home.path / ACCOUNTS).read_text("utf-8"))["accounts"]
        for one in accounts:
            if "desk" in one and one["username"] in demo.output.read_text("utf-8"):
                made: dict[str, str] = one
                return made
        assert time.monotonic() < deadline, demo.output.read_text("utf-8")[-3000:]
        time.sleep(0.5)


def _first(demo: Demo, kind: Kind) -> str:
    return next(needle.value for needle in demo.scanner.needles if needle.kind is kind)


def _name(demo: Demo) -> str:
    return _first(demo, Kind.NAME)


def _plant(demo: Demo, topics: Iterable[str]) -> None:
    """A name as key, a number as base64 in a header, an address and a phone in the value."""
    number = base64.b64encode(_first(demo, Kind.NUMBER).encode())
    value = {"clear": {"address": _first(demo, Kind.ADDRESS), "phone": _first(demo, Kind.PHONE)}}
    producer = Producer({"bootstrap.servers": demo.kafka, "log_level": 0})
    for topic in topics:
        producer.produce(
            topic,
            key=_name(demo).encode(),
            headers=[("ce_subject", number)],
            value=json.dumps(value).encode(),
        )
    assert producer.flush(dump.PATIENCE) == 0


def _settled(kafka: str) -> dump.Topics:
    """All topics as soon as every service has written dead letters and no more come."""
    deadline = time.monotonic() + dump.PATIENCE
    before: Counter[str] = Counter()
    while True:
        time.sleep(3.0)
        now = dump.topics(kafka)
        letters = Counter(m.topic for m in now.messages if m.topic.endswith("-dead-letter"))
        # One in each is planted.
        if letters == before and all(letters[f"{name}-dead-letter"] > 1 for name in SERVICES):
            return now
        assert time.monotonic() < deadline, letters
        before = letters

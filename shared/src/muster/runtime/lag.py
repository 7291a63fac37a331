"""``muster lag``: what is still on its way, by service and topic.

It is read from the metrics of each service; `muster.messaging.watching` measures them.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import httpx
import typer
from prometheus_client.parser import text_string_to_metric_families
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from muster.runtime.client import NotRunning, Services
from muster.runtime.home import Home
from muster.runtime.ledger import AsJson
from muster.runtime.provisioning import service_names
from muster.runtime.signed_in import require_running

_out = Console()
_PATIENCE = 5.0


@dataclass
class TopicLag:
    """One topic as one service sees it. `lag` is what its consumer (or its worker, by `groups`) has
    not read, `outbox` what it has not published, with the age of the oldest in seconds."""

    lag: int = 0
    outbox: int = 0
    outbox_oldest: int = 0
    dead_letters: int = 0
    parked_messages: int = 0
    parked_keys: int = 0
    groups: dict[str, int] = field(default_factory=dict)

    def idle(self) -> bool:
        """Whether there is nothing to see here."""
        return not any((self.lag, self.outbox, self.dead_letters, self.parked_messages))


@dataclass(frozen=True)
class ServiceLag:
    """What one service said. Without `answered` nothing is known; without `broker` no lag."""

    answered: bool
    database: bool = False
    broker: bool = False
    topics: Mapping[str, TopicLag] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether everything could be measured."""
        return self.answered and self.database and self.broker


_MEMBERS = {
    "muster_outbox_pending": "outbox",
    "muster_outbox_oldest_seconds": "outbox_oldest",
    "muster_dead_letters_standing": "dead_letters",
    "muster_parked_messages": "parked_messages",
    "muster_parked_keys": "parked_keys",
}


def read(exposed: str) -> ServiceLag:
    """What a service's ``GET /metrics`` says of its topics."""
    topics: dict[str, TopicLag] = defaultdict(TopicLag)
    up = {"muster_database_up": False, "muster_broker_up": False}
    for family in text_string_to_metric_families(exposed):
        for sample in family.samples:
            value = int(sample.value)
            if sample.name in up:
                up[sample.name] = bool(value)
            elif sample.name in _MEMBERS:
                setattr(topics[sample.labels["topic"]], _MEMBERS[sample.name], value)
            elif sample.name == "muster_consumer_lag":
                topic, group = topics[sample.labels["topic"]], sample.labels["group"]
                topic.lag += value
                topic.groups[group] = topic.groups.get(group, 0) + value
    return ServiceLag(True, up["muster_database_up"], up["muster_broker_up"], dict(topics))


async def ask_all(home: Home) -> dict[str, ServiceLag]:
    """What every service says, all at once; who does not answer soon is not waited for."""
    async with Services(home) as services:
        names = service_names()
        answers = await asyncio.gather(*(_ask(services, name) for name in names))
    return dict(zip(names, answers, strict=True))


async def _ask(services: Services, name: str) -> ServiceLag:
    try:
        url = f"{services.url(name)}/metrics"
        answer = await services.http.get(url, timeout=_PATIENCE)
    except (httpx.HTTPError, NotRunning):
        return ServiceLag(answered=False)
    return read(answer.text) if answer.is_success else ServiceLag(answered=False)


def lag(as_json: AsJson = False) -> None:
    """Show what is on its way, by service and topic: messages not read, events not published,
    dead letters, parked keys. Measured every 5 s. Exit code 1 when something cannot be measured."""
    home = Home.find()
    require_running(home)
    seen = asyncio.run(ask_all(home))
    if as_json:
        shown = {name: {**asdict(one), "known": one.known} for name, one in seen.items()}
        document = {"services": shown}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    else:
        _show(seen)
    if not all(one.known for one in seen.values()):
        raise typer.Exit(1)


def _show(seen: Mapping[str, ServiceLag]) -> None:
    shown = Table(title="On the way", title_justify="left", box=SIMPLE, padding=0)
    for title in ("service", "topic"):
        shown.add_column(title, no_wrap=True)
    for title in ("not\nread", "not\npubl.", "oldest\ns", "dead\nlett.", "parked\nkeys"):
        shown.add_column(title, justify="right", no_wrap=True)
    for name, one in seen.items():
        for topic, at in sorted(one.topics.items()):
            if not at.idle():
                unread = str(at.lag) if one.broker else "?"
                counts = (at.outbox, at.outbox_oldest, at.dead_letters, at.parked_keys)
                shown.add_row(name, topic, unread, *(str(count) for count in counts))
    unknown = [_why(name, one) for name, one in seen.items() if not one.known]
    if shown.row_count:
        _out.print(shown)
    elif not unknown:
        _out.print("没有积压。 Nothing is on its way.", highlight=False)
    for line in unknown:
        _out.print(line, markup=False, highlight=False, soft_wrap=True)


def _why(name: str, one: ServiceLag) -> str:
    if not one.answered:
        return f"{name} 没有应答。 {name} does not answer."
    what = "消息代理 / the broker" if one.database else "数据库 / its database"
    return f"{name}: 无法测量 / cannot measure: {what}"

"""Alert rules and dashboard name what services really expose, and leave nothing unwatched."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import yaml
from fastapi import FastAPI
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from muster.observability import metrics
from muster.runtime.http import install

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "muster.json"
NAME = re.compile(r"(?<![\w:$\"])((?:muster|process|python)_[a-z0-9_]+)")
MATCHER = re.compile(r"\{([^{}]*)\}")
GROUPING = re.compile(r"\b(?:by|on)\s*\(([^()]*)\)")
DURATION = re.compile(r"[0-9]+[smhd]")
ALWAYS = {"job", "instance", "le"}
"""Labels that Prometheus itself adds, and that of a histogram's buckets."""
BOTH = re.compile(r"[\u4e00-\u9fff].*[A-Za-z]{3}", re.DOTALL)


async def exposed() -> set[str]:
    """Every sample's name that ``GET /metrics`` of a service may give: that of each family of its
    registry, those of histograms and counters by their endings."""
    app = FastAPI()
    install(app, "capture")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        text = (await client.get("/metrics")).text
    names = set()
    for family in text_string_to_metric_families(text):
        ending = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
        names |= {family.name + end for end in ending.get(family.type, ("",))}
    return names


def labels_of() -> dict[str, set[str]]:
    """The labels of each metric of ours."""
    own = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    return {next(iter(one.describe())).name: set(one._labelnames) for one in own}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return list(json.loads(DASHBOARD.read_text("utf-8"))["panels"])


def expressions() -> Iterator[str]:
    for rule in rules():
        yield rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield target["expr"]


def named(some: Iterable[str]) -> set[str]:
    """The metrics that expressions name."""
    return {name for one in some for name in NAME.findall(MATCHER.sub("", one))}


def strange_labels(expression: str) -> set[str]:
    """Labels by which an expression groups that none of its metrics has."""
    known = set(ALWAYS)
    for name in named([expression]):
        base = re.sub(r"_(total|bucket|sum|count)$", "", name)
        known |= labels_of().get(base, set())
    asked = {
        label.strip() for inside in GROUPING.findall(expression) for label in inside.split(",")
    }
    return asked - known


async def test_every_metric_that_is_named_is_exposed_with_its_labels() -> None:
    """Whoever watches a name that nobody gives sees a quiet day for ever."""
    assert len(named(expressions())) > 25
    assert named(expressions()) - await exposed() == set()
    assert {one: strange_labels(one) for one in expressions() if strange_labels(one)} == {}


def test_every_metric_of_ours_is_watched() -> None:
    bases = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in named(expressions())}
    assert labels_of().keys() - bases == set()


async def test_a_name_that_nobody_exposes_and_a_label_that_nothing_has_are_seen() -> None:
    """The guard's fixture that it must reject."""
    wrong = 'sum by (topic) (rate(muster_outbox_depth{status="5.."}[5m])) > 0'
    assert named([wrong]) == {"muster_outbox_depth"}
    assert named([wrong]) - await exposed()
    assert strange_labels("sum by (instance, village) (muster_outbox_pending)") == {"village"}


def wrong_with(rule: dict[str, Any]) -> list[str]:
    """What Prometheus would not load, or nobody would understand."""
    found = []
    if unknown := set(rule) - {"alert", "expr", "for", "labels", "annotations"}:
        found.append(f"unknown: {sorted(unknown)}")
    if re.fullmatch(r"Muster[A-Za-z]+", str(rule.get("alert"))) is None:
        found.append("name")
    if rule.get("labels", {}).get("severity") not in ("critical", "warning"):
        found.append("severity")
    if "for" in rule and DURATION.fullmatch(str(rule["for"])) is None:
        found.append("for")
    summary = rule.get("annotations", {}).get("summary", "")
    if BOTH.search(summary) is None:
        found.append("summary in both languages")
    if set(rule.get("annotations", {})) - {"summary", "description"}:
        found.append("annotations")
    expr = str(rule.get("expr"))
    paired = all(expr.count(a) == expr.count(b) for a, b in ("()", "[]", "{}"))
    if not paired or re.search(r"[<>]|==", expr) is None:
        found.append("expr")
    for label in sorted(set(re.findall(r"\$labels\.(\w+)", str(rule.get("annotations"))))):
        grouped = GROUPING.findall(expr)
        if grouped and not any(label in inside.replace(" ", "").split(",") for inside in grouped):
            found.append(f"label {label} is not in the result")
    return found


def test_the_rules_are_such_as_prometheus_loads() -> None:
    document = yaml.safe_load(ALERTS.read_text("utf-8"))
    assert set(document) == {"groups"}
    for group in document["groups"]:
        assert set(group) == {"name", "rules"}
        assert group["rules"]
    assert {rule["alert"]: wrong_with(rule) for rule in rules() if wrong_with(rule)} == {}
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))


def test_a_rule_that_would_not_load_is_seen() -> None:
    good = rules()[0]
    assert wrong_with({**good, "for": "soon"}) == ["for"]
    assert wrong_with({**good, "if": "x"}) == ["unknown: ['if']"]
    assert wrong_with({**good, "expr": "max (muster_consumer_halted > 0"}) == ["expr"]
    assert wrong_with({**good, "labels": {}}) == ["severity"]
    only = {**good["annotations"], "summary": "only English"}
    assert wrong_with({**good, "annotations": only}) == ["summary in both languages"]
    lost = {**good, "expr": "max by (instance) (muster_consumer_halted) > 0"}
    assert wrong_with(lost) == ["label topic is not in the result"]


def test_the_dashboard_is_one_that_grafana_loads() -> None:
    document = json.loads(DASHBOARD.read_text("utf-8"))
    assert {"uid", "title", "schemaVersion", "panels", "templating", "time"} <= set(document)
    variables = {one["name"] for one in document["templating"]["list"]}
    assert variables == {"datasource", "instance"}
    assert len({panel["id"] for panel in panels()}) == len(panels())
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()}
    assert len(places) == len(panels())
    for panel in panels():
        assert BOTH.search(panel["title"]), panel["title"]
        assert panel["type"] in ("timeseries", "stat")
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["targets"]
        for target in panel["targets"]:
            assert set(re.findall(r"\$(\w+)", target["expr"])) <= variables
            assert all(target["expr"].count(a) == target["expr"].count(b) for a, b in ("()", "{}"))

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from muster.observability import metrics

ROOT = Path(__file__).parents[3]
TREES = [ROOT / "shared/src", *(ROOT / "services").glob("*/src")]
METRICS = {
    name: value for name, value in vars(metrics).items() if isinstance(value, MetricWrapperBase)
}


def test_names_labels_and_descriptions_follow_the_rules() -> None:
    assert len(METRICS) > 10
    for name, metric in METRICS.items():
        family = next(iter(metric.describe()))
        assert family.name.removesuffix("_total") == f"muster_{name}".removesuffix("_total")
        assert isinstance(metric, Counter) == name.endswith("_total")
        assert isinstance(metric, Counter | Gauge | Histogram)
        assert set(metric._labelnames) <= metrics.LABELS
        assert family.documentation
    assert {label for metric in METRICS.values() for label in metric._labelnames} == metrics.LABELS


def uncounted(sources: Iterable[str]) -> set[str]:
    """Metrics that none of these sources counts: whoever watches one would see 0 for ever."""
    counts = r"(?:_set\(metrics\.(?=\w+,)|\bmetrics\.(?=\w+\.))(\w+)"
    used = {name for source in sources for name in re.findall(counts, source)}
    return METRICS.keys() - used


def test_every_metric_is_counted_somewhere() -> None:
    paths = [path for tree in TREES for path in tree.rglob("*.py")]
    assert Path(metrics.__file__) in paths
    assert uncounted(path.read_text(encoding="utf-8") for path in paths) == set()


def test_a_metric_that_nothing_counts_is_seen() -> None:
    source = "\n".join(f"metrics.{name}.inc()" for name in METRICS if name != "relay_unread")
    assert uncounted([source, "'metrics.relay_unread' is but named"]) == {"relay_unread"}


def test_render_is_prometheus_text() -> None:
    metrics.relay_published_total.labels(topic="capture-record-submitted").inc(3)
    body, kind = metrics.render()
    assert b'muster_relay_published_total{topic="capture-record-submitted"} 3.0' in body
    assert b"process_resident_memory_bytes" in body
    assert kind.startswith("text/plain")


def test_a_name_is_registered_once() -> None:
    with pytest.raises(ValueError, match="Duplicated"):
        Gauge("muster_outbox_pending", "again", registry=metrics.registry())

from __future__ import annotations

import pytest
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from muster.observability import metrics

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


def test_render_is_prometheus_text() -> None:
    metrics.relay_published_total.labels(topic="capture-record-submitted").inc(3)
    body, kind = metrics.render()
    assert b'muster_relay_published_total{topic="capture-record-submitted"} 3.0' in body
    assert b"process_resident_memory_bytes" in body
    assert kind.startswith("text/plain")


def test_a_name_is_registered_once() -> None:
    with pytest.raises(ValueError, match="Duplicated"):
        Gauge("muster_outbox_pending", "again", registry=metrics.registry())

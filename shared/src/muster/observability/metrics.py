"""Every metric of Muster, in one place: its name, type, labels and what it means.

Labels take few values, known in advance (topics, outcomes, route templates). A label value is
never personal and never an identifier of a person, an area below the county, or a free text.
All names carry the prefix ``muster_``.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

__all__ = ["CONTENT_TYPE", "LABELS", "registry", "render"]

CONTENT_TYPE = CONTENT_TYPE_LATEST

# The only label names there are; a test holds every metric below to them.
LABELS = frozenset(
    {"topic", "outcome", "reason", "group", "partition", "method", "route", "status"}
)

_REGISTRY = CollectorRegistry()
ProcessCollector(registry=_REGISTRY)
PlatformCollector(registry=_REGISTRY)
GCCollector(registry=_REGISTRY)

# -- outbox and relay ------------------------------------------------------------------------------

# Rows of this service's outbox that the relay has not published yet. Rises while Kafka is away.
outbox_pending = Gauge(
    "muster_outbox_pending", "Outbox rows not yet published", ["topic"], registry=_REGISTRY
)

# Seconds between the commit of the oldest unpublished event and now; 0 when nothing waits. Alarm
# when it rises for minutes: the relay stands still, or nobody reads.
outbox_oldest_seconds = Gauge(
    "muster_outbox_oldest_seconds",
    "Age of the oldest unpublished event",
    ["topic"],
    registry=_REGISTRY,
)

# Events that Kafka acknowledged, republished ones included.
relay_published_total = Counter(
    "muster_relay_published_total", "Events published", ["topic"], registry=_REGISTRY
)

# Publishes that failed and will be tried again. `reason` is an error class, not its text.
relay_failures_total = Counter(
    "muster_relay_failures_total",
    "Publishes that failed and are retried",
    ["topic", "reason"],
    registry=_REGISTRY,
)

# Times that a source published again from its store. `reason`: asked (a consumer missed
# it), cluster-changed, operator.
republished_total = Counter(
    "muster_republished_total",
    "Topics published again from the store",
    ["topic", "reason"],
    registry=_REGISTRY,
)

# Messages of a topic that the slowest consumer has not read; kept small on the embedded broker.
relay_unread = Gauge(
    "muster_relay_unread", "Published messages not yet read by all", ["topic"], registry=_REGISTRY
)

# -- inbox and consumers ---------------------------------------------------------------------------

# Messages by what became of them: done, duplicate, invalid, parked.
inbox_handled_total = Counter(
    "muster_inbox_handled_total",
    "Messages handled, by outcome",
    ["topic", "outcome"],
    registry=_REGISTRY,
)

# Seconds to handle one batch, commit included.
inbox_batch_seconds = Histogram(
    "muster_inbox_batch_seconds",
    "Time to handle one batch",
    ["topic"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=_REGISTRY,
)

# Messages that wait in PostgreSQL because their key is not ready, and the keys they belong to.
parked_messages = Gauge(
    "muster_parked_messages", "Messages parked by key", ["topic"], registry=_REGISTRY
)
parked_keys = Gauge("muster_parked_keys", "Keys that wait", ["topic"], registry=_REGISTRY)

# Since when the first of them waits. Alarm when it is days.
parked_oldest_seconds = Gauge(
    "muster_parked_oldest_seconds",
    "Age of the oldest parked message",
    ["topic"],
    registry=_REGISTRY,
)

# Dead letters that stand: neither taken after all nor discarded by an operator.
dead_letters_standing = Gauge(
    "muster_dead_letters_standing", "Dead letters that stand", ["topic"], registry=_REGISTRY
)

# Sealed dead letters written. `reason`: a short rule name.
dead_letters_total = Counter(
    "muster_dead_letters_total", "Dead letters written", ["topic", "reason"], registry=_REGISTRY
)

# Seals that did not open: an unknown key, a wrong recipient or damage.
seals_refused_total = Counter(
    "muster_seals_refused_total", "Seals that did not open", ["reason"], registry=_REGISTRY
)

# Times that one sender was quarantined for too many invalid messages.
quarantines_total = Counter(
    "muster_quarantines_total", "Senders quarantined", ["topic"], registry=_REGISTRY
)

# 1 for a topic whose messages are nearly all invalid: the service's consumer stopped, and says at
# `/ready`, in its log and in `muster status` why and what to do.
consumer_halted = Gauge(
    "muster_consumer_halted", "The consumer stopped at this topic", ["topic"], registry=_REGISTRY
)

# Senders that are quarantined now; their messages wait for an operator.
quarantined_senders = Gauge(
    "muster_quarantined_senders", "Senders held in quarantine", ["topic"], registry=_REGISTRY
)

# Messages between a partition's end and what a group has committed: `group` is the service, or one
# of its Faust workers. Absent while the broker does not answer.
consumer_lag = Gauge(
    "muster_consumer_lag",
    "Messages not yet read",
    ["group", "topic", "partition"],
    registry=_REGISTRY,
)

# Gaps seen in ce_sequence: events of a source that this consumer never saw.
sequence_gaps_total = Counter(
    "muster_sequence_gaps_total", "Gaps seen in ce_sequence", ["topic"], registry=_REGISTRY
)

# -- what the service stands on --------------------------------------------------------------------

# 1 when the last measurement reached it. What comes from there is absent while it is 0.
database_up = Gauge("muster_database_up", "The database answers", registry=_REGISTRY)
broker_up = Gauge("muster_broker_up", "The broker answers", registry=_REGISTRY)

# Parts of this process (relay, consumer, jobs, watch) that ended by an error: only a new process
# helps. A supervisor replaces it; alarm when it stays above 0.
parts_ended_total = Counter(
    "muster_parts_ended_total", "Parts of the process that ended", registry=_REGISTRY
)

# Connections of this process's pool. Alarm when all are in use for minutes.
database_pool_size = Gauge(
    "muster_database_pool_size", "Connections that the pool may have", registry=_REGISTRY
)
database_pool_used = Gauge(
    "muster_database_pool_used", "Connections of the pool in use", registry=_REGISTRY
)

# Size of the service's own database, on the server's disk.
database_bytes = Gauge("muster_database_bytes", "Size of the database", registry=_REGISTRY)

# The disk of this process, which uploads go through. Those of PostgreSQL and Kafka are watched
# where these run.
disk_free_bytes = Gauge(
    "muster_disk_free_bytes", "Free space for temporary files", registry=_REGISTRY
)
disk_size_bytes = Gauge(
    "muster_disk_size_bytes", "Size of the disk of temporary files", registry=_REGISTRY
)

# -- who comes in, and what is kept of it ----------------------------------------------------------

# Sign-ins that were refused. `reason`: unknown (no such account), password, locked, inactive.
sign_ins_failed_total = Counter(
    "muster_sign_ins_failed_total", "Sign-ins refused", ["reason"], registry=_REGISTRY
)

# 1 when a row of the service's audit chain does not hold. Alarm at once: somebody changed it.
audit_chain_broken = Gauge(
    "muster_audit_chain_broken", "The audit chain does not hold", registry=_REGISTRY
)

# How far this process has checked the chain; it begins anew every day.
audit_rows_checked = Gauge(
    "muster_audit_rows_checked", "Rows of the audit chain checked so far", registry=_REGISTRY
)

# -- HTTP ------------------------------------------------------------------------------------------

# Requests answered. `route` is the template ("/records/{record_id}"), never the path.
http_requests_total = Counter(
    "muster_http_requests_total",
    "Requests answered",
    ["method", "route", "status"],
    registry=_REGISTRY,
)

# Seconds from a request's arrival to the last byte of its answer.
http_request_duration_seconds = Histogram(
    "muster_http_request_duration_seconds",
    "Time to answer a request",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=_REGISTRY,
)


def registry() -> CollectorRegistry:
    """The one registry of this process."""
    return _REGISTRY


def render() -> tuple[bytes, str]:
    """Body and content type of ``GET /metrics``."""
    return generate_latest(_REGISTRY), CONTENT_TYPE

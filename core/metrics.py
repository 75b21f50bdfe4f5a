"""What this process counts. `/metrics` shows it (core/web/metrics.py), everybody may add to it.

Every metric has labels with few values: kinds of channel, names of jobs and endpoints, never an
id, a path or a tenant. Counting costs some µs: a child is looked up once for its labels.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

if TYPE_CHECKING:
    from core.desk import Desk
    from core.tenancy.session import BaseSession

REGISTRY = CollectorRegistry()
"""Ours alone: a library that counts on Prometheus' global registry doesn't show up here."""

_CLASSES = ("0xx", "1xx", "2xx", "3xx", "4xx", "5xx")
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_requests = Histogram(
    "sapa_request_seconds",
    "Requests by endpoint and class of status; a stream counts until its first byte",
    ("endpoint", "status"),
    buckets=BUCKETS,
    registry=REGISTRY,
)
_webhooks = Counter(
    "sapa_webhooks",
    "Deliveries of providers by kind of channel and the status they were answered with",
    ("kind", "status"),
    registry=REGISTRY,
)
_sends = Counter(
    "sapa_sends",
    "Messages that left or didn't: accepted, failed with its class, or unknown",
    ("kind", "outcome", "error_class"),
    registry=REGISTRY,
)
_jobs = Counter(
    "sapa_job_runs",
    "Attempts of background work: done, failed (tried again), dead, parked",
    ("actor", "outcome"),
    registry=REGISTRY,
)
_streams = Gauge(
    "sapa_live_streams",
    "Open live streams",
    ("state",),
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
_connections = Gauge(
    "sapa_database_connections",
    "Connections of the pools: busy serve a transaction, idle wait for one",
    ("pool", "state"),
    registry=REGISTRY,
    multiprocess_mode="livesum",
)


# the library looks labels up under a lock, and makes texts of them each time
_child = cache(lambda metric, *labels: metric.labels(*labels))


def count_request(endpoint: str, status: int, seconds: float) -> None:
    """One answered request. `endpoint` is Flask's name of it, "none" where nothing was found."""
    _child(_requests, endpoint, _CLASSES[status // 100]).observe(seconds)


def count_webhook(kind: str, status: int, times: int = 1) -> None:
    """A provider's delivery to a channel of this kind ("none": no such channel) was answered."""
    _child(_webhooks, kind or "none", str(status)).inc(times)


def count_send(session: BaseSession, kind: str, outcome: str, error_class: str = "") -> None:
    """A message was accepted, failed or is unknown; counted once that is committed."""
    session.on_commit(lambda: _child(_sends, kind, outcome, error_class or "none").inc())


def count_job(actor: str, outcome: str, times: int = 1) -> None:
    """Attempts of one kind of job ended as `done`, `failed`, `dead` or `parked`."""
    _child(_jobs, actor, outcome).inc(times)


def sample(desk: Desk) -> None:
    """Write down what is no event but a state: open streams, connections."""
    _streams.labels("open").set(desk.live.open_streams)
    for pool, busy, idle in pools(desk):
        _connections.labels(pool, "busy").set(busy)
        _connections.labels(pool, "idle").set(idle)


def pools(desk: Desk) -> Iterable[tuple[str, int, int]]:
    """(name, busy, idle) of each connection pool of this process."""
    engines = {"app": desk.database.engine}
    if desk.database.system_engine is not desk.database.engine:
        engines["system"] = desk.database.system_engine
    for name, engine in engines.items():
        pool = engine.pool
        yield name, pool.checkedout(), pool.checkedin()  # type: ignore[attr-defined]  # a QueuePool

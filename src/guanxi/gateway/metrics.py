"""What the gateway counts, in the Prometheus exposition format at `GET /metrics`.

guanxi_requests_total{channel,service,outcome}     every request answered; `outcome` or the code of the refusal
guanxi_refused_inputs_total{channel,kind}          messages that broke a rule of their protocol
guanxi_request_seconds{channel,service}            from the last byte read to the answer being ready
guanxi_open_legs{system,state}                     legs not yet closed, as of the scrape
guanxi_journal_queue                               appends waiting for the next write of the journal
guanxi_iso8583_connections                         terminals' connections open now
guanxi_requests_in_flight                          requests being worked on
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import generate_latest

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The counters of one gateway process; every channel reports here."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "guanxi_requests", "Requests answered.", ["channel", "service", "outcome"], registry=self._registry
        )
        self._refused = Counter(
            "guanxi_refused_inputs", "Messages that broke a rule.", ["channel", "kind"], registry=self._registry
        )
        self._seconds = Histogram(
            "guanxi_request_seconds",
            "Time to answer.",
            ["channel", "service"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._open_legs = Gauge(
            "guanxi_open_legs", "Legs not yet closed.", ["system", "state"], registry=self._registry
        )
        self._known: dict[tuple[str, str, str], tuple[Callable[[], None], Callable[[float], None]]] = {}

    def answered(self, channel: str, service: str, outcome: str, seconds: float) -> None:
        """Count one answered request and the time it took."""
        key = (channel, service, outcome)
        known = self._known.get(key)
        if known is None:
            count, observe = self._requests.labels(*key).inc, self._seconds.labels(channel, service).observe
            known = self._known[key] = (count, observe)
        known[0]()
        known[1](seconds)

    def refused(self, channel: str, kind: str) -> None:
        """Count one message that broke a rule of its protocol."""
        self._refused.labels(channel, kind).inc()

    def watch(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Let `name` tell what `read` answers at each scrape."""
        Gauge(name, meaning, registry=self._registry).set_function(read)

    def set_open_legs(self, counts: Iterable[tuple[str, str, int]]) -> None:
        """The open legs by system and state, replacing what was told before."""
        self._open_legs.clear()
        for system, state, count in counts:
            self._open_legs.labels(system, state).set(count)

    def exposition(self) -> bytes:
        """Everything, in the text format."""
        return generate_latest(self._registry)

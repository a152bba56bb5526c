"""Families of metrics: the client library's, with cheap access to a series and a bound on their number.

A family beyond its bound puts what is new into one series whose labels are all `other`: a label that somebody feeds
from outside costs a wrong figure, never the process's memory or the Prometheus server's.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Generic, Literal, TypeVar

import prometheus_client as prometheus
from prometheus_client.samples import Sample

Kind = Literal["counter", "gauge", "histogram"]
S = TypeVar("S", prometheus.Counter, prometheus.Gauge, prometheus.Histogram)
REGISTRY = prometheus.CollectorRegistry()
"""Of this process; not the library's own, into which any dependency may put something."""
CATALOGUE: "list[Family[Any]]" = []
"""Every family of netra, in the order of the reference."""
MOST_SERIES = 200
"""Far more than routes times statuses that occur; a histogram's series counts a dozen times."""
OTHER = "other"
QUICK = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds of requests, appends and waits."""
SLOW = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 45.0, 60.0, 100.0)
"""Seconds of runs, tools and models; the last bounds are the deadlines of the timeout table."""

prometheus.disable_created_metrics()


class Family(Generic[S]):
    """What all families have: a name, its labels and its series."""

    kind: ClassVar[Kind]

    def __init__(self, name: str, meaning: str, labels: Sequence[str], made: S) -> None:
        """Take its place in the catalogue; `name` is the one that Prometheus shows."""
        self.name = name
        self.meaning = meaning
        self.labels = tuple(labels)
        self._made = made
        self._series: dict[tuple[str, ...], S] = {} if labels else {(): made}
        CATALOGUE.append(self)

    def samples(self) -> Iterator[Sample]:
        """Every series as it would be shown now."""
        for metric in self._made.collect():
            yield from metric.samples

    def _of(self, labels: tuple[str, ...]) -> S:
        series = self._series.get(labels)
        if series is None:
            labels = labels if len(self._series) < MOST_SERIES else (OTHER,) * len(labels)
            series = self._series[labels] = self._made.labels(*labels)
        return series


class Counter(Family[prometheus.Counter]):
    """Counts up."""

    kind = "counter"

    def __init__(self, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        """Begin at nothing; the name ends in `_total`."""
        super().__init__(name, meaning, labels, prometheus.Counter(name, meaning, labels, registry=REGISTRY))

    def add(self, *labels: str, by: float = 1) -> None:
        """Count one, or `by`."""
        self._of(labels).inc(by)


class Gauge(Family[prometheus.Gauge]):
    """Says how something is now."""

    kind = "gauge"

    def __init__(self, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        """Without labels it is 0 until it is set; with labels it has no series yet."""
        super().__init__(name, meaning, labels, prometheus.Gauge(name, meaning, labels, registry=REGISTRY))

    def set(self, value: float, *labels: str) -> None:
        """It is this now."""
        self._of(labels).set(value)

    def follow(self, now: Callable[[], float], *labels: str) -> None:
        """It is what this says, whenever somebody looks."""
        self._of(labels).set_function(now)

    def add(self, by: float, *labels: str) -> None:
        """It is this much more now, or less."""
        self._of(labels).inc(by)


class Histogram(Family[prometheus.Histogram]):
    """Sorts durations into buckets."""

    kind = "histogram"

    def __init__(self, name: str, meaning: str, labels: Sequence[str] = (), buckets: Sequence[float] = QUICK) -> None:
        """Sort into these buckets, in seconds."""
        made = prometheus.Histogram(name, meaning, labels, registry=REGISTRY, buckets=buckets)
        super().__init__(name, meaning, labels, made)

    def observe(self, seconds: float, *labels: str) -> None:
        """Sort one in; a clock that went back counts as nothing."""
        self._of(labels).observe(max(seconds, 0.0))

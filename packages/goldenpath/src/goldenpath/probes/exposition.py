"""Prometheus' text format, as far as before and after are compared: histograms by bucket, gauges and counters; pure."""

import math
import re
from collections.abc import Iterator

from goldenpath.facts import Record

_SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_TYPE = re.compile(r"# TYPE (?P<name>\S+) (?P<type>\w+)")


class Scraped(Record):
    """One look at a metrics door."""

    histograms: dict[str, dict[str, float]]
    """Cumulative counts by upper bound, by name and labels as written `name{a="b"}`."""
    gauges: dict[str, float]
    counters: dict[str, float]


def parse(text: str) -> Scraped:
    """Read a scrape; what is no sample is passed over."""
    types = {found["name"]: found["type"] for line in text.splitlines() if (found := _TYPE.match(line))}
    histograms: dict[str, dict[str, float]] = {}
    gauges: dict[str, float] = {}
    counters: dict[str, float] = {}
    for name, labels, value in _samples(text):
        family = name.removesuffix("_bucket")
        if name.endswith("_bucket") and types.get(family) == "histogram":
            bound = labels.pop("le", "+Inf")
            histograms.setdefault(_key(family, labels), {})[bound] = value
        elif types.get(name) == "gauge":
            gauges[_key(name, labels)] = value
        elif "counter" in (types.get(name), types.get(name.removesuffix("_total"))):
            counters[_key(name, labels)] = value
    return Scraped(histograms=histograms, gauges=gauges, counters=counters)


def counts_of(cumulative: dict[str, float], before: dict[str, float] | None = None) -> dict[float, int]:
    """How many measurements fell into each bucket, by its upper bound, since `before` if that is an earlier state."""
    earlier = before or {}
    if any(earlier.get(bound, 0) > value for bound, value in cumulative.items()):
        earlier = {}
    counts: dict[float, int] = {}
    passed, largest = 0.0, 0.0
    for bound in sorted(cumulative, key=float):
        # The last bucket has no bound: what is in it is more than the largest.
        largest = max(largest * 2, 1.0) if float(bound) == math.inf else float(bound)
        total = cumulative[bound] - earlier.get(bound, 0.0)
        if total > passed:
            counts[largest] = int(total - passed)
        passed = total
    return counts


def _samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for line in text.splitlines():
        found = None if line.startswith("#") else _SAMPLE.match(line)
        if found:
            labels: dict[str, str] = dict(_LABEL.findall(found["labels"] or ""))
            try:
                yield found["name"], labels, float(found["value"])
            except ValueError:
                continue


def _key(name: str, labels: dict[str, str]) -> str:
    inside = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    return f"{name}{{{inside}}}" if inside else name

"""A system's own metrics against when it was last well: which distributions moved, which counts of errors grew."""

from collections.abc import Iterator, Mapping

import httpx
from pydantic import JsonValue

from goldenpath.facts import Observation, Record
from goldenpath.manifest.model import System
from goldenpath.probes.exposition import Scraped, counts_of, parse
from goldenpath.probes.health import cause_name
from goldenpath.probes.record import Notes, Recorder
from goldenpath.probes.statistics import compare, weighted_median

TIMEOUT_S = 5.0
MOST = 12
"""Differences that are noted, the largest first."""
_BAD = ("error", "fail", "refused", "timeout", "dropped", "rejected", "lost", "retr")
"""What counters are called that should stand still."""


async def scrape(system: System, base_url: str, environ: Mapping[str, str]) -> Scraped | str:
    """What the metrics door says now, or why it says nothing; an empty answer when the system has no such door."""
    if not system.doors.metrics:
        return Scraped(histograms={}, gauges={}, counters={})
    try:
        async with httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT_S, trust_env=False) as http:
            answer = await http.get(system.doors.metrics, headers=_authorization(system, environ))
    except httpx.HTTPError as error:
        return cause_name(error)
    return parse(answer.text) if answer.is_success else f"HTTP {answer.status_code}"


class Door(Record):
    """Where metrics are read, and as whom."""

    url: str
    environ: dict[str, str]
    revision: str = ""


async def probe_metrics(
    recorder: Recorder, system: System, door: Door, before: Scraped | None
) -> tuple[Observation, ...]:
    """What differs from `before`; nothing for a system without a metrics door."""
    notes = Notes(recorder, "metrics", system.doors.component, door.revision)
    if not system.doors.metrics:
        return ()
    recorder.hide(door.environ.get(system.doors.metrics_token, ""))
    now = await scrape(system, door.url, door.environ)
    if isinstance(now, str):
        notes.note("metric.error", now)
        return notes.taken
    moved = sorted((*_moved(before, now), *_grown(before, now)), key=lambda m: (-_size(m), str(m["metric"])))
    for value in moved[:MOST] if before else ():
        notes.note("metric.changed", value, _words(value))
    if before and not moved:
        notes.note("metric.unchanged", value=True, text=f"{len(now.histograms)} distributions were compared")
    return notes.taken


def _authorization(system: System, environ: Mapping[str, str]) -> dict[str, str]:
    token = environ.get(system.doors.metrics_token, "")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _moved(before: Scraped | None, now: Scraped) -> Iterator[dict[str, JsonValue]]:
    """Distributions that moved by much, surely."""
    for name, buckets in now.histograms.items():
        known = before.histograms.get(name) if before else None
        if known is None:
            continue
        then, later = counts_of(known), counts_of(buckets, known)
        found = compare(then, later)
        if found.counts:
            yield {
                "metric": name,
                "kind": "distribution",
                "before": weighted_median(then),
                "after": weighted_median(later),
                "effect": round(found.effect, 3),
                "p": found.p,
                "measurements": [found.before, found.after],
            }


def _grown(before: Scraped | None, now: Scraped) -> Iterator[dict[str, JsonValue]]:
    """Counters of what should not happen, which stood at nothing when all was well."""
    for name, value in now.counters.items():
        known = before.counters.get(name, 0.0) if before else 0.0
        if value > 0 and known == 0 and any(word in name.lower() for word in _BAD):
            yield {"metric": name, "kind": "counter", "before": known, "after": value, "effect": 1.0}


def _size(value: dict[str, JsonValue]) -> float:
    effect = value["effect"]
    return abs(effect) if isinstance(effect, int | float) else 0.0


def _words(value: dict[str, JsonValue]) -> str:
    if value["kind"] == "counter":
        return f"{value['metric']} stood at nothing when the system was well, and is {value['after']}"
    return f"the middle of {value['metric']} went from {value['before']} to {value['after']}"

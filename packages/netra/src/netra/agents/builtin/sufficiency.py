"""Whether the data is enough for an answer: the share of the asked period and of its requests that the data holds.

A sum, a percentile or a count is exact for what is there, so holes in the period are only said beside it. Whoever
concludes from one time to another (a trend, a change, an anomaly, a forecast) needs the period to be covered.
"""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict

from netra.agents.builtin.figures import Figures, Unit
from netra.agents.builtin.words import Topic
from netra.agents.findings import Finding
from netra.agents.flow import ENOUGH_PCT, SOME_PCT
from netra.analytics.queries.profile import DataProfile

Level = Literal["enough", "some", "little"]
CONCLUDING: frozenset[Topic] = frozenset({"trend", "change", "anomalies", "forecast", "correlation"})
PRICED: frozenset[Topic] = frozenset({"cost", "what_if", "models", "forecast", "budget", "failure_cost"})


class Sufficiency(BaseModel):
    """How far the data carries; `pct` is the weakest of its parts."""

    model_config = ConfigDict(frozen=True)

    pct: float
    level: Level


def judge(data: DataProfile, topics: Iterable[Topic], *, metric: str) -> Sufficiency:
    """From 80 % the data is enough, from 40 % it is some, below it is little and carries no conclusion."""
    needed = tuple(topics)
    concludes = any(topic in CONCLUDING for topic in needed)
    whole = 100.0 if data.requests else 0.0
    parts = [
        (data.coverage_pct or 0.0) if concludes else whole,
        *(pct for _, _, pct in fields(data, needed, metric=metric)),
    ]
    pct = min(parts)
    level: Level = "enough" if pct >= ENOUGH_PCT else "some" if pct >= SOME_PCT else "little"
    return Sufficiency(pct=pct, level=level)


def sentence(data: DataProfile, finding: Finding, figures: Figures, topics: tuple[Topic, ...], *, metric: str) -> str:
    """What share there is, and plainly what is missing."""
    found = judge(data, topics, metric=metric)

    def say(name: str, value: float | None, unit: Unit = "count") -> str:
        return figures.say(finding, name, value, unit)

    share = say("sufficiency", found.pct, "%")
    missing: list[str] = []
    holes = ""
    if data.filled_buckets < data.buckets:
        filled, total = say("filled_buckets", data.filled_buckets), say("buckets", data.buckets)
        if any(topic in CONCLUDING for topic in topics):
            missing.append(f"only {filled} of the {total} {data.bucket}s asked about hold any request")
        else:
            holes = f" {filled} of the {total} {data.bucket}s asked about hold requests."
    for what, count, pct in fields(data, topics, metric=metric):
        if count < data.requests:
            lacking = say(f"requests without {what}", data.requests - count, "requests")
            missing.append(f"{lacking} requests have no {what} ({say(f'{what} share', pct, '%')} have one)")
    lead = {
        "enough": f"Data sufficiency: {share}",
        "some": f"**The data is incomplete** (sufficiency {share})",
        "little": f"**The data is not enough for a conclusion** (sufficiency {share})",
    }[found.level]
    return (f"{lead}: {'; '.join(missing)}." if missing else f"{lead}.") + holes


def fields(data: DataProfile, topics: Iterable[Topic], *, metric: str) -> list[tuple[str, int, float]]:
    """The fields the topics need, the requests that have each, and their share in percent."""
    needed = set(topics)
    found: list[tuple[str, int, float]] = []
    if needed & PRICED or ("change" in needed and metric == "cost"):
        found.append(("known price", data.priced, data.priced_pct or 0.0))
    if "latency" in needed or ("change" in needed and metric == "latency"):
        found.append(("latency", data.measured, data.measured_pct or 0.0))
    return found

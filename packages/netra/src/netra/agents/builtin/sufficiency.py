"""Whether the data is enough for an answer: the share of the asked period and of its requests that the data holds."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict

from netra.agents.builtin.figures import Figures, Unit
from netra.agents.builtin.words import Topic
from netra.agents.findings import Finding
from netra.analytics.queries.profile import DataProfile

ENOUGH_PCT = 80
SOME_PCT = 40

Level = Literal["enough", "some", "little"]


class Sufficiency(BaseModel):
    """How far the data carries; `pct` is the weakest of its parts."""

    model_config = ConfigDict(frozen=True)

    pct: float
    level: Level


def judge(data: DataProfile, topics: Iterable[Topic], *, metric: str) -> Sufficiency:
    """From 80 % the data is enough, from 40 % it is some, below it is little and carries no conclusion."""
    parts = [data.coverage_pct or 0.0, *(pct for _, _, pct in _fields(data, topics, metric=metric))]
    pct = min(parts)
    level: Level = "enough" if pct >= ENOUGH_PCT else "some" if pct >= SOME_PCT else "little"
    return Sufficiency(pct=pct, level=level)


def sentence(data: DataProfile, finding: Finding, figures: Figures, topics: tuple[Topic, ...], *, metric: str) -> str:
    """What share there is, and plainly what is missing."""
    found = judge(data, topics, metric=metric)

    def say(name: str, value: float | None, unit: Unit = "count") -> str:
        return figures.say(finding, name, value, unit)

    missing: list[str] = []
    if data.filled_buckets < data.buckets:
        filled, total = say("filled_buckets", data.filled_buckets), say("buckets", data.buckets)
        missing.append(f"only {filled} of the {total} {data.bucket}s asked about hold any request")
    for what, count, pct in _fields(data, topics, metric=metric):
        if count < data.requests:
            lacking = say(f"requests without {what}", data.requests - count, "requests")
            missing.append(f"{lacking} requests have no {what} ({say(f'{what} share', pct, '%')} have one)")
    share = say("sufficiency", found.pct, "%")
    lead = {
        "enough": f"Data sufficiency: {share}",
        "some": f"**The data is incomplete** (sufficiency {share})",
        "little": f"**The data is not enough for a conclusion** (sufficiency {share}); the figures are of what exists",
    }[found.level]
    return f"{lead}: {'; '.join(missing)}." if missing else f"{lead}."


def _fields(data: DataProfile, topics: Iterable[Topic], *, metric: str) -> list[tuple[str, int, float]]:
    """The fields the topics need, the requests that have each, and their share in percent."""
    needed = set(topics)
    fields: list[tuple[str, int, float]] = []
    if "cost" in needed or ("change" in needed and metric == "cost"):
        fields.append(("known price", data.priced, data.priced_pct or 0.0))
    if "latency" in needed or ("change" in needed and metric == "latency"):
        fields.append(("latency", data.measured, data.measured_pct or 0.0))
    return fields

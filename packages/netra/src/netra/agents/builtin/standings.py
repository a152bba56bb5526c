"""Names that only the data settles, such as “the slowest model”: what tells who it is, and who it is."""

from collections.abc import Callable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from netra.agents.builtin.words import Standing, Topic
from netra.analytics.queries.cost import CostBreakdown
from netra.analytics.queries.latency import LatencyPercentiles
from netra.analytics.queries.tokens import TokenStatistics


class Place(BaseModel):
    """How a standing is looked up."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["model", "workload"]
    topic: Topic
    """Whoever asks about nothing else asks who it is, and sees all of them."""
    tool: str
    first: Callable[[JsonValue], str]
    """Who it is by the tool's result; empty when the result does not tell."""
    words: str


def _dearest(result: JsonValue) -> str:
    return next((g.key for g in CostBreakdown.model_validate(result).groups if g.cost_usd is not None), "")


def _slowest(result: JsonValue) -> str:
    groups = LatencyPercentiles.model_validate(result).groups
    return max(((g.p95_ms, g.key) for g in groups if g.p95_ms is not None), default=(0.0, ""))[1]


def _most_used(result: JsonValue) -> str:
    return next((g.key for g in TokenStatistics.model_validate(result).groups), "")


PLACES: Mapping[Standing, Place] = {
    "costliest model": Place(
        kind="model",
        topic="cost",
        tool="cost_breakdown",
        first=_dearest,
        words="The most expensive model, by its cost in this scope,",
    ),
    "slowest model": Place(
        kind="model",
        topic="latency",
        tool="latency_percentiles",
        first=_slowest,
        words="The slowest model, by its p95 latency in this scope,",
    ),
    "biggest workload": Place(
        kind="workload",
        topic="requests",
        tool="token_statistics",
        first=_most_used,
        words="The biggest workload, by its requests in this scope,",
    ),
}

"""What drove a change between two periods, by workload and model; the contributions add up to the change exactly.

With N requests in a period, a segment's share m of them and its value u a request, the total is N * sum(m * u). The
change from period 0 to period 1 splits, segment by segment, without a remainder:

    volume   (N1 - N0) * m0 * u0      more or fewer requests altogether
    mix      N1 * (m1 - m0) * u0      requests moved between workloads and models
    size     n1 * (t1 - t0) * p0      tokens a request
    price    n1 * t1 * (p1 - p0)      cost a token: prices, and the balance of input and output tokens

where n = N * m, and u = t * p (tokens a request, cost a token). A segment that is new or gone has no second u: its
whole change is volume and mix. For `requests` u is 1, for `tokens` p is 1. For `latency` the mean has no volume part:
mix is (m1 - m0) * (u0 - U0), where U0 is the mean of all before, and `size` is m1 * (u1 - u0): slower requests.
Cost is of the priced requests, latency of the measured ones; the others are counted beside.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from netra.analytics.quantities import change_pct, share_pct
from netra.analytics.queries.decompose import Decomposition, Parts, Segment, decompose
from netra.analytics.scope import QUERIES, Frozen, Period, Scope, TenantReader, timestamp
from netra.errors import ToolError

DriverMetric = Literal["cost", "requests", "tokens", "latency"]
MAX_SEGMENT_ROWS = 1000


class DriverQuestion(Frozen):
    """Two periods, the metric, and optionally which workloads and models."""

    metric: DriverMetric = Field(default="cost", description="What changed.")
    baseline_start: AwareDatetime = Field(description="First moment of the earlier period (ISO 8601 with zone).")
    baseline_end: AwareDatetime = Field(description="Its last moment, not included.")
    current_start: AwareDatetime = Field(description="First moment of the later period.")
    current_end: AwareDatetime = Field(description="Its last moment, not included.")
    workloads: tuple[str, ...] = Field(default=(), description="Only these workloads; empty means all.")
    models: tuple[str, ...] = Field(default=(), description="Only these models; empty means all.")
    limit: int = Field(default=10, ge=1, le=500, description="List at most this many drivers; the rest is added up.")

    def baseline(self) -> Period:
        """The earlier period."""
        return Period(start=self.baseline_start, end=self.baseline_end)

    def current(self) -> Period:
        """The later period."""
        return Period(start=self.current_start, end=self.current_end)


class Contribution(Frozen):
    """How much of the change each reason explains, in the metric's unit (USD, requests, tokens, ms)."""

    total: float
    volume: float
    mix: float
    size: float
    price: float


class Driver(Frozen):
    """One workload on one model, and its part of the change."""

    workload: str
    model: str
    before: float
    after: float
    requests_before: int
    requests_after: int
    contribution: Contribution
    share_pct: float | None
    """Of the whole change; parts of opposite sign make shares above 100 or below 0."""


class ChangeDrivers(Frozen):
    """The change of one metric, who drove it and why; `before`, `after` and the change are over all segments."""

    metric: DriverMetric
    before: float | None
    """None when the period holds nothing to count: no request, none priced or none measured."""
    after: float | None
    change: float | None
    change_pct: float | None
    requests_before: int
    requests_after: int
    left_out_before: int
    """Requests without a price (cost) or latency (latency); they are in no figure but this."""
    left_out_after: int
    parts: Contribution | None
    drivers_total: int
    drivers: tuple[Driver, ...]
    """The largest contribution first."""
    others: Contribution | None
    """All segments that are not listed."""


async def change_drivers(reader: TenantReader, asked: DriverQuestion) -> ChangeDrivers:
    """Compare the two periods; raises ToolError when they overlap or have too many segments."""
    baseline, current = _periods(asked)
    spans = (baseline, current)
    scope = Scope(
        start=min(p.start for p in spans),
        end=max(p.end for p in spans),
        workloads=asked.workloads,
        models=asked.models,
    )
    bounds: dict[str, str | int] = {
        "baseline_start": timestamp(baseline.start),
        "baseline_end": timestamp(baseline.end),
        "current_start": timestamp(current.start),
        "current_end": timestamp(current.end),
        "limit": MAX_SEGMENT_ROWS,
    }
    rows = await reader.rows(QUERIES["segments"], scope, bounds)
    if len(rows) == MAX_SEGMENT_ROWS:
        raise ToolError("There are too many pairs of workload and model to compare; name some of them.", where="limit")
    return explain(asked, rows)


def _periods(asked: DriverQuestion) -> tuple[Period, Period]:
    try:
        baseline, current = asked.baseline(), asked.current()
    except ValueError as error:
        raise ToolError("Each period must end after it starts.", where="baseline_end, current_end") from error
    if baseline.start < current.end and current.start < baseline.end:
        raise ToolError("The two periods overlap, so their difference has no meaning.", where="baseline, current")
    return baseline, current


def explain(asked: DriverQuestion, rows: Sequence[Mapping[str, Any]]) -> ChangeDrivers:
    """Split the change of the segments' rows; pure."""
    before = [row for row in rows if not row["in_current"]]
    after = [row for row in rows if row["in_current"]]
    uncompared = ChangeDrivers(
        metric=asked.metric,
        before=None,
        after=None,
        change=None,
        change_pct=None,
        requests_before=_requests(before),
        requests_after=_requests(after),
        left_out_before=_left_out(asked.metric, before),
        left_out_after=_left_out(asked.metric, after),
        parts=None,
        drivers_total=0,
        drivers=(),
        others=None,
    )
    found = decompose(_segments(asked.metric, rows), mean=asked.metric == "latency")
    return uncompared.model_copy(update=_compared(found, asked.limit)) if found else uncompared


def _compared(found: Decomposition, limit: int) -> dict[str, object]:
    """The fields of a comparison, the largest contribution first."""
    change = found.after - found.before
    drivers = sorted(found.parts, key=lambda d: (-abs(d[1].total), d[0].key))
    listed, rest = drivers[:limit], drivers[limit:]
    return {
        "before": float(found.before),
        "after": float(found.after),
        "change": float(change),
        "change_pct": change_pct(float(found.before), float(found.after)),
        "parts": _contribution([parts for _, parts in drivers]),
        "drivers_total": len(drivers),
        "drivers": tuple(_driver(segment, parts, change) for segment, parts in listed),
        "others": _contribution([parts for _, parts in rest]) if rest else None,
    }


def _requests(rows: Sequence[Mapping[str, Any]]) -> int:
    return sum(int(row["requests"]) for row in rows)


def _left_out(metric: DriverMetric, rows: Sequence[Mapping[str, Any]]) -> int:
    return sum(int(row["requests"]) - _counted(metric, row) for row in rows)


def _segments(metric: DriverMetric, rows: Sequence[Mapping[str, Any]]) -> list[Segment]:
    by_key: dict[tuple[str, str], dict[bool, Mapping[str, Any]]] = {}
    for row in rows:
        by_key.setdefault((row["workload_name"], row["model_name"]), {})[bool(row["in_current"])] = row
    return [
        Segment(key=key, before=_amounts(metric, sides.get(False)), after=_amounts(metric, sides.get(True)))
        for key, sides in by_key.items()
    ]


def _amounts(metric: DriverMetric, row: Mapping[str, Any] | None) -> tuple[int, Fraction, Fraction]:
    """The counted requests, their size and their value; size splits value into size and price."""
    if row is None:
        return 0, Fraction(0), Fraction(0)
    counted = _counted(metric, row)
    match metric:
        case "cost":
            return counted, Fraction(row["priced_tokens"]), Fraction(row["cost"] or Decimal(0))
        case "requests":
            return counted, Fraction(counted), Fraction(counted)
        case "tokens":
            tokens = Fraction(row["input_sum"] + row["output_sum"])
            return counted, tokens, tokens
        case "latency":
            total = Fraction(row["latency_sum"] or 0)
            return counted, total, total


def _counted(metric: DriverMetric, row: Mapping[str, Any]) -> int:
    column = {"cost": "priced", "latency": "measured"}.get(metric, "requests")
    return int(row[column])


def _contribution(parts: Sequence[Parts]) -> Contribution:
    return Contribution(
        total=float(sum(p.total for p in parts)),
        volume=float(sum(p.volume for p in parts)),
        mix=float(sum(p.mix for p in parts)),
        size=float(sum(p.size for p in parts)),
        price=float(sum(p.price for p in parts)),
    )


def _driver(segment: Segment, parts: Parts, change: Fraction) -> Driver:
    return Driver(
        workload=segment.key[0],
        model=segment.key[1],
        before=float(parts.before),
        after=float(parts.after),
        requests_before=segment.before[0],
        requests_after=segment.after[0],
        contribution=_contribution([parts]),
        share_pct=share_pct(float(parts.total), float(change)),
    )

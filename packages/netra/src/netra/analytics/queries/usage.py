"""Usage over time: the steps, their sums, the peak and the trend."""

import statistics
from collections.abc import Sequence
from decimal import Decimal

from netra.analytics.quantities import Usd, change_pct
from netra.analytics.queries.series import Bucket, Step, Stepped, series
from netra.analytics.scope import Frozen, TenantReader


class Half(Frozen):
    """The mean of one step within one half of the complete steps."""

    steps: int
    requests: float
    tokens: float
    cost_usd: float
    median_latency_ms: float | None
    """The median of the steps' medians."""


class Trend(Frozen):
    """The later half of the complete steps against the earlier one, per step; changes in percent."""

    earlier: Half
    later: Half
    requests_change_pct: float | None
    tokens_change_pct: float | None
    cost_change_pct: float | None
    latency_change_pct: float | None


class UsageOverTime(Frozen):
    """Every step of the period, with the sums over all of them."""

    step: Step
    steps: int
    partial_steps: int
    """Steps at the edge that the data covers only in part; they are in the sums, not in the trend."""
    requests: int
    errors: int
    input_tokens: int
    output_tokens: int
    unpriced: int
    cost_usd: Usd
    """Of the priced requests."""
    mean_requests: float | None
    peak: Bucket | None
    """The step with the most requests; the first of equals."""
    trend: Trend | None
    """None with fewer than four complete steps."""
    buckets: tuple[Bucket, ...]


async def usage_over_time(reader: TenantReader, asked: Stepped) -> UsageOverTime:
    """Cut the period into steps and describe how usage moved."""
    found = await series(reader, asked)
    return describe(found.step, found.buckets)


def describe(step: Step, buckets: Sequence[Bucket]) -> UsageOverTime:
    """The sums, the peak and the trend of these steps."""
    complete = [b for b in buckets if not b.partial]
    requests = sum(b.requests for b in buckets)
    return UsageOverTime(
        step=step,
        steps=len(buckets),
        partial_steps=len(buckets) - len(complete),
        requests=requests,
        errors=sum(b.errors for b in buckets),
        input_tokens=sum(b.input_tokens for b in buckets),
        output_tokens=sum(b.output_tokens for b in buckets),
        unpriced=sum(b.unpriced for b in buckets),
        cost_usd=sum((b.cost_usd or Decimal(0) for b in buckets), Decimal(0)),
        mean_requests=requests / len(buckets) if buckets else None,
        peak=max(buckets, key=lambda b: b.requests, default=None),
        trend=trend(complete),
        buckets=tuple(buckets),
    )


def trend(complete: Sequence[Bucket]) -> Trend | None:
    """Compare the halves; a middle step belongs to the later half."""
    middle = len(complete) // 2
    if middle < 2:  # noqa: PLR2004 - a half of one step says nothing
        return None
    earlier, later = _half(complete[:middle]), _half(complete[middle:])
    latencies = (earlier.median_latency_ms, later.median_latency_ms)
    return Trend(
        earlier=earlier,
        later=later,
        requests_change_pct=change_pct(earlier.requests, later.requests),
        tokens_change_pct=change_pct(earlier.tokens, later.tokens),
        cost_change_pct=change_pct(earlier.cost_usd, later.cost_usd),
        latency_change_pct=None if None in latencies else change_pct(latencies[0] or 0, latencies[1] or 0),
    )


def _half(buckets: Sequence[Bucket]) -> Half:
    medians = [b.median_latency_ms for b in buckets if b.median_latency_ms is not None]
    return Half(
        steps=len(buckets),
        requests=statistics.fmean(b.requests for b in buckets),
        tokens=statistics.fmean(b.input_tokens + b.output_tokens for b in buckets),
        cost_usd=float(sum((b.cost_usd or Decimal(0) for b in buckets), Decimal(0)) / len(buckets)),
        median_latency_ms=statistics.median(medians) if medians else None,
    )

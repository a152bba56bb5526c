"""Steps of time that stand out, by two methods that are each stated with the finding.

- `z`: the value is at least 3 population standard deviations from the mean of all judged steps.
- `iqr`: the value is outside Tukey's fences, 1.5 x IQR below the first or above the third quartile (inclusive, R-7).
  Where half of all values are equal the IQR is 0 and this method is silent.

Judged are complete steps only: a first or last step that the data covers in part is left out and counted. Latency and
cost are judged only in steps that have a latency or a price. Fewer than 8 such steps are not judged at all.
"""

import statistics
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from netra.analytics.queries.series import Bucket, Step, Stepped, series
from netra.analytics.scope import Frozen, TenantReader

Metric = Literal["requests", "cost", "tokens", "latency", "errors"]
Method = Literal["z", "iqr"]
Z_LIMIT = 3.0
IQR_FACTOR = 1.5
MIN_STEPS = 8
"""Of fewer values neither spread nor quartiles say anything: z cannot even reach 3 below 10."""
LISTED = 50


class AnomalyQuestion(Stepped):
    """A scope, a step of time and the metric to judge."""

    metric: Metric = Field(default="cost", description="What to look at in each step of time.")


class Anomaly(Frozen):
    """One step that stands out."""

    at: datetime
    value: float
    z: float
    """Standard deviations from the mean."""
    ratio_to_median: float | None
    direction: Literal["high", "low"]
    methods: tuple[Method, ...]


class Anomalies(Frozen):
    """What stands out in one metric, with what was taken as usual; unit: requests, USD, tokens, ms or errors a step."""

    metric: Metric
    step: Step
    judged_steps: int
    left_out_steps: int
    """Partial steps, and for latency and cost those without a measurement."""
    min_steps: int
    z_limit: float
    iqr_factor: float
    mean: float | None
    deviation: float | None
    median: float | None
    low_fence: float | None
    high_fence: float | None
    found_total: int
    found: tuple[Anomaly, ...]
    """The furthest from the mean first, at most 50."""


async def anomalies(reader: TenantReader, asked: AnomalyQuestion) -> Anomalies:
    """Judge each step of the scope by both methods of this module."""
    found = await series(reader, asked)
    values = [(b.at, value) for b in found.buckets if (value := measure(b, asked.metric)) is not None]
    return judge(asked.metric, found.step, values, left_out=len(found.buckets) - len(values))


def measure(bucket: Bucket, metric: Metric) -> float | None:
    """The metric's value in one step, or None where it cannot be judged."""
    if bucket.partial:
        return None
    match metric:
        case "requests":
            return float(bucket.requests)
        case "errors":
            return float(bucket.errors)
        case "tokens":
            return float(bucket.input_tokens + bucket.output_tokens)
        case "cost":
            return None if bucket.cost_usd is None else float(bucket.cost_usd)
        case "latency":
            return bucket.median_latency_ms


def judge(metric: Metric, step: Step, values: Sequence[tuple[datetime, float]], *, left_out: int) -> Anomalies:
    """Apply both methods to the values; pure."""
    numbers = [value for _, value in values]
    blank = Anomalies(
        metric=metric,
        step=step,
        judged_steps=len(numbers),
        left_out_steps=left_out,
        min_steps=MIN_STEPS,
        z_limit=Z_LIMIT,
        iqr_factor=IQR_FACTOR,
        mean=None,
        deviation=None,
        median=None,
        low_fence=None,
        high_fence=None,
        found_total=0,
        found=(),
    )
    if len(numbers) < MIN_STEPS:
        return blank
    usual = _usual(numbers)
    found = [a for at, value in values if (a := _anomaly(at, value, usual))]
    found.sort(key=lambda a: (-abs(a.z), a.at))
    return blank.model_copy(
        update={**usual.model_dump(), "found_total": len(found), "found": tuple(found[:LISTED])},
    )


class _Usual(Frozen):
    mean: float
    deviation: float
    median: float
    low_fence: float
    high_fence: float


def _usual(numbers: Sequence[float]) -> _Usual:
    low, median, high = statistics.quantiles(numbers, n=4, method="inclusive")
    margin = IQR_FACTOR * (high - low)
    mean = statistics.fmean(numbers)
    return _Usual(
        mean=mean,
        deviation=statistics.pstdev(numbers, mean),
        median=median,
        low_fence=low - margin,
        high_fence=high + margin,
    )


def _anomaly(at: datetime, value: float, usual: _Usual) -> Anomaly | None:
    z = (value - usual.mean) / usual.deviation if usual.deviation > 0 else 0.0
    spread = usual.high_fence > usual.low_fence
    methods: list[Method] = ["z"] if abs(z) >= Z_LIMIT else []
    if spread and not usual.low_fence <= value <= usual.high_fence:
        methods.append("iqr")
    if not methods:
        return None
    return Anomaly(
        at=at,
        value=value,
        z=z,
        ratio_to_median=value / usual.median if usual.median else None,
        direction="high" if value > usual.mean else "low",
        methods=tuple(methods),
    )

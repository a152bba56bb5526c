"""Correlations of time steps and of single requests."""

import math
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from netra.analytics.queries.correlate import STRONG, Correlation, CorrelationQuestion, Correlations, Level, Quantity
from netra.analytics.queries.series import Bucket, Step, series
from netra.analytics.scope import QUERIES, TenantReader

MIN_VALUES = 3
MIN_INTERVAL = 4
Z_95 = 1.959963984540054
OF_STEPS: tuple[Quantity, ...] = ("requests", "errors", "input_tokens", "output_tokens", "cost", "latency")
OF_REQUESTS: tuple[Quantity, ...] = ("input_tokens", "output_tokens", "cost", "latency")
Values = Mapping[Quantity, Sequence[float | None]]


async def correlate(reader: TenantReader, asked: CorrelationQuestion) -> Correlations:
    """Compare every pair of the quantities asked for."""
    if asked.level == "request":
        return await _of_requests(reader, asked)
    found = await series(reader, asked)
    complete = [bucket for bucket in found.buckets if not bucket.partial]
    wanted: list[Quantity] = [name for name in OF_STEPS if not asked.quantities or name in asked.quantities]
    values: Values = {name: [measured(bucket, name) for bucket in complete] for name in wanted}
    return correlated(values, step=found.step, n=len(complete))


def measured(bucket: Bucket, quantity: Quantity) -> float | None:
    """The quantity in one step; None where it has none."""
    match quantity:
        case "requests":
            return float(bucket.requests)
        case "errors":
            return float(bucket.errors)
        case "input_tokens":
            return float(bucket.input_tokens)
        case "output_tokens":
            return float(bucket.output_tokens)
        case "cost":
            return None if bucket.cost_usd is None else float(bucket.cost_usd)
        case "latency":
            return bucket.median_latency_ms


def correlated(values: Values, *, step: Step, n: int) -> Correlations:
    """Every pair of these rows of steps; pure."""
    names: tuple[Quantity, ...] = tuple(values)
    pairs = [
        pair for x, y in combinations(names, 2) if (pair := _pair(x, y, list(zip(values[x], values[y], strict=True))))
    ]
    return _ordered(pairs, tuple(values), level="step", step=step, n=n)


def _pair(x: Quantity, y: Quantity, both: Sequence[tuple[float | None, float | None]]) -> Correlation | None:
    whole = [(a, b) for a, b in both if a is not None and b is not None]
    if len(whole) < MIN_VALUES or any(len({pair[side] for pair in whole}) == 1 for side in (0, 1)):
        return None
    xs, ys = [a for a, _ in whole], [b for _, b in whole]
    pearson = statistics.correlation(xs, ys)
    return _stated(x, y, len(whole), pearson, statistics.correlation(ranks(xs), ranks(ys)))


def ranks(values: Sequence[float]) -> list[float]:
    """The place of each value in their order; equal ones share the mean of their places."""
    ordered = sorted(values)
    return [(bisect_left(ordered, value) + bisect_right(ordered, value) + 1) / 2 for value in values]


def _stated(x: Quantity, y: Quantity, n: int, pearson: float, spearman: float) -> Correlation:
    low, high = interval(pearson, n)
    return Correlation(
        x=x, y=y, n=n, pearson=pearson, low=low, high=high, spearman=spearman, strong=abs(pearson) >= STRONG
    )


def interval(pearson: float, n: int) -> tuple[float | None, float | None]:
    """95 % by Fisher's transformation; None where it does not exist."""
    if n < MIN_INTERVAL or abs(pearson) >= 1:
        return None, None
    middle, margin = math.atanh(pearson), Z_95 / math.sqrt(n - 3)
    return math.tanh(middle - margin), math.tanh(middle + margin)


async def _of_requests(reader: TenantReader, asked: CorrelationQuestion) -> Correlations:
    wanted: list[Quantity] = [name for name in OF_REQUESTS if not asked.quantities or name in asked.quantities]
    total = (await reader.rows(QUERIES["span"], asked))[0]["requests"]
    pairs: list[Correlation] = []
    for x, y in combinations(wanted, 2):
        row: dict[str, Any] = (await reader.rows(QUERIES["together"], asked, {"x": x, "y": y}))[0]
        if row["n"] >= MIN_VALUES and math.isfinite(row["pearson"]) and math.isfinite(row["spearman"]):
            pairs.append(_stated(x, y, row["n"], row["pearson"], row["spearman"]))
    return _ordered(pairs, tuple(wanted), level="request", step=None, n=total)


def _ordered(
    pairs: Sequence[Correlation], wanted: tuple[Quantity, ...], *, level: Level, step: Step | None, n: int
) -> Correlations:
    compared = {name for pair in pairs for name in (pair.x, pair.y)}
    return Correlations(
        level=level,
        step=step,
        n=n,
        strong_limit=STRONG,
        pairs=tuple(sorted(pairs, key=lambda pair: (-abs(pair.pearson), pair.x, pair.y))),
        left_out=tuple(name for name in wanted if name not in compared),
    )

"""How long requests took, as percentiles by group."""

from typing import Any

from netra.analytics.quantities import quantile
from netra.analytics.queries.grouping import Grouped, Grouping
from netra.analytics.scope import QUERIES, Frozen, TenantReader


class LatencyGroup(Frozen):
    """One group's latency in milliseconds, over the requests that have one; None when there is none."""

    key: str
    requests: int
    measured: int
    errors: int
    mean_ms: float | None
    min_ms: float | None
    p50_ms: float | None
    p90_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None


class LatencyPercentiles(Frozen):
    """Latency by group, most requests first (days in order)."""

    by: Grouping
    groups_total: int
    groups: tuple[LatencyGroup, ...]


async def latency_percentiles(reader: TenantReader, asked: Grouped) -> LatencyPercentiles:
    """Exact percentiles: ClickHouse's `quantileExactInclusive`, interpolated linearly (R-7).

    The median equals `statistics.median`, the others `statistics.quantiles(…, n=100, method="inclusive")`.
    """
    rows = await reader.rows(QUERIES["latency"], asked, asked.parameters())
    total = rows[0]["all_groups"] if rows else 0
    return LatencyPercentiles(by=asked.by, groups_total=total, groups=tuple(_group(row) for row in rows))


def _group(row: dict[str, Any]) -> LatencyGroup:
    p50, p90, p95, p99 = (quantile(value) for value in row["quantiles"])
    return LatencyGroup(
        key=row["key"],
        requests=row["requests"],
        measured=row["measured"],
        errors=row["errors"],
        mean_ms=row["mean"],
        min_ms=row["least"],
        p50_ms=p50,
        p90_ms=p90,
        p95_ms=p95,
        p99_ms=p99,
        max_ms=row["most"],
    )

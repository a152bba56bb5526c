"""How many tokens requests read and wrote: sums and percentiles by group."""

from typing import Any

from netra.analytics.queries.grouping import Grouped, Grouping
from netra.analytics.scope import QUERIES, Frozen, TenantReader


class TokenGroup(Frozen):
    """One group's requests and tokens; percentiles are per request."""

    key: str
    requests: int
    input_tokens: int
    output_tokens: int
    input_median: float
    input_p90: float
    input_p99: float
    input_max: int
    output_median: float
    output_p90: float
    output_p99: float
    output_max: int


class TokenStatistics(Frozen):
    """Tokens by group, most requests first (days in order); the totals are over all groups."""

    by: Grouping
    requests: int
    input_tokens: int
    output_tokens: int
    groups_total: int
    groups: tuple[TokenGroup, ...]


async def token_statistics(reader: TenantReader, asked: Grouped) -> TokenStatistics:
    """Exact sums and percentiles: ClickHouse's `quantileExactInclusive`, interpolated linearly (R-7).

    The median equals `statistics.median`, the others `statistics.quantiles(…, n=100, method="inclusive")`.
    """
    rows = await reader.rows(QUERIES["tokens"], asked, asked.parameters())
    first = rows[0] if rows else {"all_requests": 0, "all_input": 0, "all_output": 0, "all_groups": 0}
    return TokenStatistics(
        by=asked.by,
        requests=first["all_requests"],
        input_tokens=first["all_input"],
        output_tokens=first["all_output"],
        groups_total=first["all_groups"],
        groups=tuple(_group(row) for row in rows),
    )


def _group(row: dict[str, Any]) -> TokenGroup:
    input_median, input_p90, input_p99 = (round(q, 6) for q in row["input_quantiles"])
    output_median, output_p90, output_p99 = (round(q, 6) for q in row["output_quantiles"])
    return TokenGroup(
        key=row["key"],
        requests=row["requests"],
        input_tokens=row["input_sum"],
        output_tokens=row["output_sum"],
        input_median=input_median,
        input_p90=input_p90,
        input_p99=input_p99,
        input_max=row["input_most"],
        output_median=output_median,
        output_p90=output_p90,
        output_p99=output_p99,
        output_max=row["output_most"],
    )

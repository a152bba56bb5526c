"""What the requests cost, by model, workload, provider or day."""

from decimal import Decimal
from typing import Any

from netra.analytics.quantities import USD_STEP, Usd, share_pct
from netra.analytics.queries.grouping import Grouped, Grouping
from netra.analytics.scope import QUERIES, Frozen, TenantReader


class CostGroup(Frozen):
    """One group's cost; `cost_usd` is None when none of its requests has a price."""

    key: str
    requests: int
    unpriced: int
    input_tokens: int
    output_tokens: int
    cost_usd: Usd | None
    share_pct: float | None
    """Of the whole cost."""
    cost_per_request_usd: Usd | None = None
    """Of the priced requests."""


class CostBreakdown(Frozen):
    """Cost by group, dearest first (days in order); the totals are over all groups, also those not listed."""

    by: Grouping
    requests: int
    unpriced: int
    cost_usd: Usd | None
    cost_per_request_usd: Usd | None = None
    """Of the priced requests."""
    groups_total: int
    groups: tuple[CostGroup, ...]


async def cost_breakdown(reader: TenantReader, asked: Grouped) -> CostBreakdown:
    """Add the costs of the priced requests up; unpriced ones are counted beside them."""
    rows = await reader.rows(QUERIES["cost"], asked, asked.parameters())
    first: dict[str, Any] = (
        rows[0] if rows else {"all_requests": 0, "all_unpriced": 0, "all_cost": None, "all_groups": 0}
    )
    return CostBreakdown(
        by=asked.by,
        requests=first["all_requests"],
        unpriced=first["all_unpriced"],
        cost_usd=first["all_cost"],
        cost_per_request_usd=_per_request(first["all_cost"], first["all_requests"] - first["all_unpriced"]),
        groups_total=first["all_groups"],
        groups=tuple(_group(row, first["all_cost"]) for row in rows),
    )


def _group(row: dict[str, Any], whole: Decimal | None) -> CostGroup:
    cost: Decimal | None = row["cost"]
    return CostGroup(
        key=row["key"],
        requests=row["requests"],
        unpriced=row["unpriced"],
        input_tokens=row["input_sum"],
        output_tokens=row["output_sum"],
        cost_usd=cost,
        share_pct=None if cost is None or whole is None else share_pct(cost, whole),
        cost_per_request_usd=_per_request(cost, row["requests"] - row["unpriced"]),
    )


def _per_request(cost: Decimal | None, priced: int) -> Decimal | None:
    return None if cost is None or not priced else (cost / priced).quantize(USD_STEP)

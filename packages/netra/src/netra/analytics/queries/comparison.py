"""Putting one token mix on several models."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from netra.analytics.list_prices import ListPrice, list_prices
from netra.analytics.pricing import MILLION
from netra.analytics.quantities import USD_STEP, change_pct, quantile, share_pct
from netra.analytics.queries.assumptions import Assumption
from netra.analytics.queries.compare import ComparedModel, CompareQuestion, ModelComparison, Observed
from netra.analytics.queries.mix import Cuts, Part, mix
from netra.analytics.scope import QUERIES, TenantReader

THOUSAND = 1000
MAX_MODELS = 500
MOST_COMPARED = 20
ASSUMPTIONS = (
    Assumption(text="Each model reads and writes the same tokens; tokenizers differ, and some models write more."),
    Assumption(text="Prices are today's list prices of the public catalogue; your contract may differ."),
    Assumption(text="Latency and failures are those of each model's own requests, which may be of another kind."),
)


async def compare_models(reader: TenantReader, asked: CompareQuestion, now: datetime) -> ModelComparison:
    """Price the scope's requests on each candidate at the list prices of `now`."""
    everyone = asked.model_copy(update={"models": ()})
    rows = await reader.rows(QUERIES["observed"], everyone, {"limit": MAX_MODELS})
    seen = {row["model_name"]: _observed(row) for row in rows}
    mine = [name for name in seen if not asked.models or name in asked.models]
    names = list(dict.fromkeys(asked.candidates or mine))[:MOST_COMPARED]
    listed = list_prices(names, now)
    parts = await mix(reader, asked, Cuts(prices=listed.values()))
    recorded = sum((part.cost for part in parts), Decimal(0)) if any(part.priced for part in parts) else None
    whole = None if any(not part.priced for part in parts) else recorded
    models = [_compared(name, listed.get(name), seen.get(name), parts, whole) for name in names]
    models.sort(key=lambda m: (m.cost_usd is None, m.cost_usd or Decimal(0), m.model))
    return ModelComparison(
        requests=sum(part.requests for part in parts),
        input_tokens=sum(part.input_tokens for part in parts),
        output_tokens=sum(part.output_tokens for part in parts),
        unpriced=sum(part.requests for part in parts if not part.priced),
        recorded_cost_usd=recorded,
        prices_at=now,
        models=tuple(models),
        assumptions=ASSUMPTIONS,
    )


def _compared(
    name: str, price: ListPrice | None, observed: Observed | None, parts: Sequence[Part], recorded: Decimal | None
) -> ComparedModel:
    requests = sum(part.requests for part in parts)
    cost = sum((part.at(price) for part in parts), Decimal(0)) if price else None
    return ComparedModel(
        model=name,
        provider=price.provider if price else "",
        input_usd_per_mtok=(price.tiers[0].input * MILLION).normalize() if price else None,
        output_usd_per_mtok=(price.tiers[0].output * MILLION).normalize() if price else None,
        cost_usd=None if cost is None else cost.quantize(USD_STEP),
        cost_per_1k_requests_usd=_per_thousand(cost, requests),
        change_pct=None if cost is None or recorded is None else change_pct(recorded, cost),
        observed=observed,
    )


def _observed(row: dict[str, Any]) -> Observed:
    p50, p95 = (quantile(value) for value in row["quantiles"])
    return Observed(
        requests=row["requests"],
        errors=row["errors"],
        error_pct=share_pct(row["errors"], row["requests"]) or 0.0,
        mean_input_tokens=row["input_mean"],
        mean_output_tokens=row["output_mean"],
        p50_ms=p50,
        p95_ms=p95,
        cost_per_1k_requests_usd=_per_thousand(row["cost"], row["priced"]),
    )


def _per_thousand(cost: Decimal | None, requests: int) -> Decimal | None:
    return None if cost is None or not requests else (cost * THOUSAND / requests).quantize(USD_STEP)

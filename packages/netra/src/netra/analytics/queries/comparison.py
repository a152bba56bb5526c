"""Putting one token mix on several models."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from netra.analytics.list_prices import ListPrice, list_prices
from netra.analytics.pricing import MILLION
from netra.analytics.quantities import USD_STEP, change_pct, quantile, share_pct
from netra.analytics.queries.assumptions import Assumption
from netra.analytics.queries.compare import ComparedModel, CompareQuestion, ModelComparison, Observed
from netra.analytics.queries.load import Load, Tiered, tiered
from netra.analytics.queries.mix import MOST_PARTS
from netra.analytics.scope import QUERIES, TenantReader

THOUSAND = 1000
MOST_COMPARED = 20
ASSUMPTIONS = (
    Assumption(text="Each model reads and writes the same tokens; tokenizers differ, and some models write more."),
    Assumption(text="Prices are today's list prices of the public catalogue; your contract may differ."),
    Assumption(text="Latency and failures are those of each model's own requests, which may be of another kind."),
)


async def compare_models(reader: TenantReader, asked: CompareQuestion, now: datetime) -> ModelComparison:
    """Price the scope's requests on each candidate at the list prices of `now`."""
    everyone = asked.model_copy(update={"models": ()})
    seen = {row["model_name"]: row for row in await reader.rows(QUERIES["observed"], everyone, most=MOST_PARTS)}
    extremes = {row["model_name"]: row for row in await reader.rows(QUERIES["extremes"], everyone, most=MOST_PARTS)}
    mine = [row for name, row in seen.items() if not asked.models or name in asked.models]
    names = list(dict.fromkeys(asked.candidates or [row["model_name"] for row in mine]))[:MOST_COMPARED]
    listed = list_prices(names, now)
    longest = max((row["input_most"] for row in extremes.values()), default=0)
    mix = await tiered(reader, asked, Load.of(mine), listed.values(), longest)
    priced = sum(row["priced"] for row in mine)
    recorded = sum((row["cost"] or Decimal(0) for row in mine), Decimal(0)) if priced else None
    whole = recorded if priced == mix.whole.requests else None
    models = [_compared(name, listed.get(name), mix, whole) for name in names]
    models = [m.model_copy(update={"observed": _observed(seen.get(m.model), extremes.get(m.model))}) for m in models]
    models.sort(key=lambda m: (m.cost_usd is None, m.cost_usd or Decimal(0), m.model))
    return ModelComparison(
        requests=mix.whole.requests,
        input_tokens=mix.whole.input_tokens,
        output_tokens=mix.whole.output_tokens,
        unpriced=mix.whole.requests - priced,
        recorded_cost_usd=recorded,
        prices_at=now,
        models=tuple(models),
        assumptions=ASSUMPTIONS,
    )


def _compared(name: str, price: ListPrice | None, mix: Tiered, recorded: Decimal | None) -> ComparedModel:
    cost = mix.at(price) if price else None
    return ComparedModel(
        model=name,
        provider=price.provider if price else "",
        input_usd_per_mtok=(price.tiers[0].input * MILLION).normalize() if price else None,
        output_usd_per_mtok=(price.tiers[0].output * MILLION).normalize() if price else None,
        cost_usd=None if cost is None else cost.quantize(USD_STEP),
        cost_per_1k_requests_usd=_per_thousand(cost, mix.whole.requests),
        change_pct=None if cost is None or recorded is None else change_pct(recorded, cost),
        observed=None,
    )


def _observed(row: dict[str, Any] | None, extremes: dict[str, Any] | None) -> Observed | None:
    if row is None:
        return None
    p50, p95 = (quantile(value) for value in (extremes["quantiles"] if extremes else (None, None)))
    return Observed(
        requests=row["requests"],
        errors=row["errors"],
        error_pct=share_pct(row["errors"], row["requests"]) or 0.0,
        mean_input_tokens=row["input_sum"] / row["requests"],
        mean_output_tokens=row["output_sum"] / row["requests"],
        p50_ms=p50,
        p95_ms=p95,
        cost_per_1k_requests_usd=_per_thousand(row["cost"], row["priced"]),
    )


def _per_thousand(cost: Decimal | None, requests: int) -> Decimal | None:
    return None if cost is None or not requests else (cost * THOUSAND / requests).quantize(USD_STEP)

"""Comparisons, what-ifs, forecasts, burns and correlations of generated data, against its events one by one."""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median
from uuid import UUID, uuid4

import pytest
from netra_usage import Usage, event, opened

from netra.analytics.budgets import budget_of
from netra.analytics.events import UsageEvent
from netra.analytics.generator import GenerationPlan, generate
from netra.analytics.list_prices import list_prices
from netra.analytics.queries.budget import BudgetBurn, BudgetSet
from netra.analytics.queries.compare import ModelComparison
from netra.analytics.queries.correlate import Correlations
from netra.analytics.queries.forecast import Forecast
from netra.analytics.queries.what_if import WhatIf
from netra.errors import ToolError
from netra.settings.model import Settings

END = datetime(2026, 11, 22, tzinfo=UTC)
MADE = generate(GenerationPlan(end=END, days=40, requests_per_day=60)).events
RATES = {name: price.tiers[0] for name, price in list_prices({e.model for e in MADE}, END).items()}


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as usage:
        yield usage


@pytest.fixture(scope="module")
async def tenant(usage: Usage) -> UUID:
    tenant_id = await usage.tenant()
    await usage.put(tenant_id, MADE)
    return tenant_id


def cost(events: Sequence[UsageEvent]) -> Decimal:
    return sum((e.cost_usd or Decimal(0) for e in events), Decimal(0))


def on(model: str, events: Sequence[UsageEvent]) -> Decimal:
    return sum((RATES[model].cost(1, e.input_tokens, e.output_tokens) for e in events), Decimal(0))


async def test_models_are_compared_at_equal_tokens(usage: Usage, tenant: UUID) -> None:
    found = await usage.call(
        tenant, "compare_models", models=["gpt-4o"], candidates=["gpt-4o", "gpt-4o-mini", "nobody"]
    )
    assert isinstance(found, ModelComparison)
    mine = [e for e in MADE if e.model == "gpt-4o"]
    assert (found.requests, found.unpriced, found.recorded_cost_usd) == (len(mine), 0, cost(mine))
    mini, same, nobody = found.models
    assert (mini.model, mini.cost_usd, mini.provider) == ("gpt-4o-mini", on("gpt-4o-mini", mine), "openai")
    assert (same.cost_usd, same.change_pct) == (cost(mine), 0.0)
    assert (nobody.cost_usd, nobody.observed) == (None, None)
    assert (float(mini.input_usd_per_mtok or 0), float(mini.output_usd_per_mtok or 0)) == (0.15, 0.6)
    assert mini.observed
    own = [e for e in MADE if e.model == "gpt-4o-mini"]
    assert (mini.observed.requests, mini.observed.errors) == (len(own), sum(e.status != "ok" for e in own))


async def test_without_candidates_the_models_of_the_data_are_compared(usage: Usage, tenant: UUID) -> None:
    found = await usage.call(tenant, "compare_models")
    assert isinstance(found, ModelComparison)
    assert {m.model for m in found.models} == {e.model for e in MADE}
    costs = [m.cost_usd for m in found.models]
    assert costs == sorted(on(m.model, MADE) for m in found.models)


async def test_requests_beyond_a_tier_are_compared_at_its_price(usage: Usage) -> None:
    tenant, prices = uuid4(), list_prices(["gemini-2.5-pro", "gemini-1.5-pro"], END)
    cuts = {cut for price in prices.values() for cut in price.above}
    assert len(cuts) > 1
    sizes = sorted({1, *(cut + step for cut in cuts for step in (-1, 0, 1))})
    made = [
        event(END - timedelta(minutes=7 * n + 1), model=model, input_tokens=size, cached_tokens=n, cost_usd=recorded)
        for n, size in enumerate(sizes)
        for model, recorded in (("gpt-4o", Decimal(n)), ("my-own", None))
    ]
    await usage.put(tenant, made)
    for models in ((), ("gpt-4o",)):
        for ends in (END, END - timedelta(minutes=20)):
            mine = [e for e in made if e.model in (models or ("gpt-4o", "my-own")) and e.at < ends]
            found = await usage.call(
                tenant, "compare_models", models=list(models), candidates=list(prices), end=ends.isoformat()
            )
            assert isinstance(found, ModelComparison)
            assert {m.model: m.cost_usd for m in found.models} == {
                name: sum(
                    price.tier(e.input_tokens).cost(1, e.input_tokens, e.output_tokens, e.cached_tokens) for e in mine
                )
                for name, price in prices.items()
            }
            unpriced = sum(e.cost_usd is None for e in mine)
            assert (found.requests, found.unpriced, found.recorded_cost_usd) == (len(mine), unpriced, cost(mine))
            assert all((m.change_pct is None) == bool(unpriced) for m in found.models)


async def test_a_moved_share_is_priced_request_by_request(usage: Usage, tenant: UUID) -> None:
    found = await usage.call(
        tenant, "what_if", kind="move_share", from_model="gpt-4o", to_model="gpt-4o-mini", share_pct=50
    )
    assert isinstance(found, WhatIf)
    mine = [e for e in MADE if e.model == "gpt-4o"]
    assert (found.possible, found.affected_requests, found.affected_cost_usd) == (True, len(mine), cost(mine))
    assert found.saving.usd == (cost(mine) - on("gpt-4o-mini", mine)) / 2
    assert found.cost_after_usd == cost(MADE) - found.saving.usd
    assert found.saving.monthly_usd
    assert float(found.saving.monthly_usd) == pytest.approx(float(found.saving.usd) * 30 / found.days)
    assert found.saving.low_usd < found.saving.usd < found.saving.high_usd
    assert sum(line.saving_usd for line in found.lines) == found.saving.usd
    assert found.quality_risk.to_requests == sum(e.model == "gpt-4o-mini" for e in MADE)
    assert found.quality_risk.level == "high"


async def test_easy_requests_are_those_below_both_medians(usage: Usage, tenant: UUID) -> None:
    found = await usage.call(tenant, "what_if", kind="route_by_difficulty", from_model="gpt-4o", to_model="gpt-4o-mini")
    assert isinstance(found, WhatIf)
    mine = [e for e in MADE if e.model == "gpt-4o"]
    reads, writes = round(median(e.input_tokens for e in mine)), round(median(e.output_tokens for e in mine))
    easy = [e for e in mine if e.input_tokens <= reads and e.output_tokens <= writes]
    assert found.affected_requests == len(easy)
    assert found.saving.usd == Decimal("0.9") * (cost(easy) - on("gpt-4o-mini", easy))
    assert [a.value for a in found.assumptions[:2]] == [reads, writes]


async def test_a_cap_counts_the_answers_it_cuts(usage: Usage, tenant: UUID) -> None:
    found = await usage.call(tenant, "what_if", kind="output_cap", max_output_tokens=300, workloads=["code-review"])
    assert isinstance(found, WhatIf)
    mine = [e for e in MADE if e.workload == "code-review"]
    cut = [e for e in mine if e.output_tokens > 300]
    assert found.affected_requests == len(cut)
    whole = sum((RATES[e.model].output * (e.output_tokens - 300) for e in cut), Decimal(0))
    assert float(found.saving.usd) == pytest.approx(float(whole), rel=1e-9)
    assert found.quality_risk.cut_answers_pct == pytest.approx(100 * len(cut) / len(mine))


async def test_only_prompts_that_a_cache_takes_are_cached(usage: Usage, tenant: UUID) -> None:
    found = await usage.call(tenant, "what_if", kind="prompt_caching", from_model="gpt-4o", hit_rate_pct=100)
    assert isinstance(found, WhatIf)
    long = [e for e in MADE if e.model == "gpt-4o" and e.input_tokens >= 1024]
    rates = RATES["gpt-4o"]
    assert rates.cache_read
    tokens = Decimal(sum(e.input_tokens for e in long))
    assert found.affected_requests == len(long)
    assert found.saving.usd == tokens / 2 * (rates.input - rates.cache_read)
    assert found.saving.high_usd == found.saving.usd


async def test_what_the_catalogue_has_no_batch_price_for_is_not_batched(usage: Usage, tenant: UUID) -> None:
    found = await usage.call(tenant, "what_if", kind="batching")
    assert isinstance(found, WhatIf)
    batched = [e for e in MADE if RATES[e.model].batch_input is not None]
    assert found.affected_requests == len(batched)
    assert float(found.saving.usd) == pytest.approx(float(cost(batched)) / 2, rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"kind": "move_share", "from_model": "gpt-5", "to_model": "gpt-4o-mini"}, "gpt-5 has no requests in scope"),
        ({"kind": "move_share", "from_model": "gpt-4o", "to_model": "my-own"}, "knows no price of my-own"),
        ({"kind": "output_cap", "max_output_tokens": 1_000_000}, "no answer is longer"),
        ({"kind": "batching", "workloads": ["nobody"]}, "no requests in scope"),
    ],
)
async def test_what_cannot_be_estimated_says_why(
    usage: Usage, tenant: UUID, arguments: dict[str, str | int | list[str]], why: str
) -> None:
    found = await usage.call(tenant, "what_if", **arguments)  # pyright: ignore[reportArgumentType] - JSON all the same
    assert isinstance(found, WhatIf)
    assert not found.possible
    assert why in found.why_not
    assert (found.saving.usd, found.lines, found.assumptions) == (0, (), ())


async def test_a_what_if_without_what_it_needs_is_refused(usage: Usage, tenant: UUID) -> None:
    with pytest.raises(ToolError, match="move_share needs from_model and to_model"):
        await usage.call(tenant, "what_if", kind="move_share")


async def test_a_forecast_goes_on_from_the_last_complete_day(usage: Usage, tenant: UUID) -> None:
    found = await usage.call(tenant, "forecast_cost", horizon_days=7)
    assert isinstance(found, Forecast)
    assert found.method
    assert found.points[0].at == END
    assert len(found.points) == 7
    assert found.history[-1].usd == cost([e for e in MADE if e.at.date() == datetime(2026, 11, 21, tzinfo=UTC).date()])
    assert found.total_usd
    assert found.total_low_usd is not None
    assert found.total_high_usd
    assert float(sum(p.usd for p in found.points)) == pytest.approx(float(found.total_usd))
    assert found.total_low_usd < found.total_usd < found.total_high_usd
    few = await usage.call(tenant, "forecast_cost", start="2026-11-19T00:00:00Z")
    assert isinstance(few, Forecast)
    assert (few.points, few.total_usd) == ((), None)
    assert "a forecast needs 5" in few.why_not


async def test_a_budget_is_set_and_then_burned(usage: Usage, tenant: UUID) -> None:
    none = await usage.call(tenant, "budget_burn")
    assert isinstance(none, BudgetBurn)
    mine = [e for e in MADE if e.at.month == 11]
    assert (none.month, none.spent_usd, none.budget_usd, none.budget_from) == ("2026-11", cost(mine), None, "none")
    assert none.as_of == END
    assert none.elapsed_pct == 70.0
    first = await usage.call(tenant, "set_budget", monthly_usd=100)
    again = await usage.call(tenant, "set_budget", monthly_usd=12.5)
    assert isinstance(first, BudgetSet)
    assert isinstance(again, BudgetSet)
    assert (first.previous_usd, again.previous_usd, again.monthly_usd) == (None, 100, Decimal("12.5"))
    assert await budget_of(usage.pool, tenant) == Decimal("12.5")
    burn = await usage.call(tenant, "budget_burn")
    assert isinstance(burn, BudgetBurn)
    assert (burn.budget_usd, burn.budget_from) == (Decimal("12.5"), "set")
    assert burn.spent_pct == pytest.approx(float(cost(mine)) * 8)
    asked = await usage.call(tenant, "budget_burn", month="2026-10", monthly_usd=1000)
    assert isinstance(asked, BudgetBurn)
    assert (asked.budget_from, asked.projected_usd) == ("asked", asked.spent_usd)


async def test_steps_and_requests_correlate_as_computed_by_hand(usage: Usage) -> None:
    tenant = uuid4()
    start = datetime(2026, 3, 1, tzinfo=UTC)
    made = [
        event(
            start.replace(hour=h, minute=n * 4), output_tokens=10 * (h + 1), latency_ms=100.0 + h * 7, input_tokens=50
        )
        for h in range(20)
        for n in range(h % 5 + 1)
    ]
    await usage.put(tenant, made)
    found = await usage.call(tenant, "correlate", level="request")
    assert isinstance(found, Correlations)
    pair = found.pairs[0]
    assert (pair.x, pair.y, pair.n) == ("output_tokens", "latency", len(made))
    assert pair.pearson == pytest.approx(1)
    assert pair.spearman == pytest.approx(1)
    assert set(found.left_out) == {"input_tokens", "cost"}
    steps = await usage.call(tenant, "correlate", step="hour", quantities=["requests", "input_tokens", "latency"])
    assert isinstance(steps, Correlations)
    assert (steps.pairs[0].x, steps.pairs[0].y) == ("requests", "input_tokens")
    assert steps.pairs[0].pearson == pytest.approx(1)


async def test_every_statement_that_was_answered_is_told(usage: Usage, tenant: UUID) -> None:
    context = usage.context(tenant)
    await usage.ask(context, "what_if", kind="batching")
    assert [run.name for run in context.asked] == ["span", "observed", "mix"]
    for run in context.asked:
        assert "from workload_events" in run.sql
        assert run.parameters["tenant_id"] == str(tenant)
        assert run.rows >= 1
        assert run.ms > 0

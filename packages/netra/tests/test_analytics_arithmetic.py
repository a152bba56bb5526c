"""Savings, forecasts, burns and correlations as pure arithmetic: laws, and cases known in closed form."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.analytics.list_prices import ListPrice, Tier, list_prices
from netra.analytics.pricing import PriceCatalogue
from netra.analytics.queries.burn import Month, burned
from netra.analytics.queries.continuation import points
from netra.analytics.queries.correlation import correlated, interval, ranks
from netra.analytics.queries.forecasting import continued, weekday_mean, weekday_trend
from netra.analytics.queries.mix import Part
from netra.analytics.queries.savings import Prices, saving, touches
from netra.analytics.queries.series import Bucket
from netra.analytics.queries.what_if import Kind, WhatIfQuestion

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MILLION = Decimal(1_000_000)


def tier(
    inputs: str,
    outputs: str,
    *,
    read: str | None = None,
    write: str | None = None,
    batch: tuple[str, str] | None = None,
) -> Tier:
    """Prices a million tokens."""
    return Tier(
        request=Decimal(0),
        input=Decimal(inputs) / MILLION,
        output=Decimal(outputs) / MILLION,
        cache_read=Decimal(read) / MILLION if read else None,
        cache_write=Decimal(write) / MILLION if write else None,
        batch_input=Decimal(batch[0]) / MILLION if batch else None,
        batch_output=Decimal(batch[1]) / MILLION if batch else None,
    )


DEAR = ListPrice(provider="p", above=(), tiers=(tier("3", "15", read="0.3", write="3.75", batch=("1.5", "7.5")),))
CHEAP = ListPrice(provider="p", above=(), tiers=(tier("0.15", "0.6"),))
PRICES = Prices(own={"dear": DEAR, "cheap": CHEAP}, target=CHEAP)


def part(**fields: object) -> Part:
    """A thousand requests of 2000 input and 100 output tokens on the dear model, at list price."""
    usual: dict[str, object] = {
        "workload": "chat",
        "model": "dear",
        "input_above": 1023,
        "priced": True,
        "easy": True,
        "long": False,
        "requests": 1000,
        "errors": 0,
        "input_tokens": 2_000_000,
        "cached_tokens": 0,
        "output_tokens": 100_000,
        "over_cap": 0,
        "cost": Decimal("7.5"),
    }
    return Part(**{**usual, **fields})  # pyright: ignore[reportArgumentType] - a test's shorthand


def asked(kind: Kind, **fields: object) -> WhatIfQuestion:
    needs = {"from_model": "dear", "to_model": "cheap", "max_output_tokens": 50}
    return WhatIfQuestion.model_validate({"kind": kind, **needs, **fields})


def test_a_moved_share_saves_the_difference_of_the_prices() -> None:
    found = saving(part(), asked("move_share", share_pct=40), PRICES)
    # On the cheap model: 2 x 0.15 + 0.1 x 0.6 = 0.36 dollars; its output may cost 0.06 x 20 % more or less.
    assert found.expected == Decimal("0.4") * (Decimal("7.5") - Decimal("0.36"))
    assert (
        found.high - found.expected == found.expected - found.low == Decimal("0.4") * Decimal("0.2") * Decimal("0.06")
    )


def test_caching_saves_hits_and_pays_for_misses() -> None:
    found = saving(part(), asked("prompt_caching", cached_prefix_pct=50, hit_rate_pct=80), PRICES)
    # A million tokens repeat: 80 % cost 0.3 in place of 3, 20 % cost 3.75 in place of 3.
    assert found.expected == Decimal("0.8") * Decimal("2.7") - Decimal("0.2") * Decimal("0.75")
    assert found.low == Decimal("0.6") * Decimal("2.7") - Decimal("0.4") * Decimal("0.75")
    assert found.high == Decimal("2.7")


def test_what_is_cached_already_is_not_saved_again() -> None:
    kept = part(cached_tokens=1_000_000, cost=Decimal("4.8"))
    assert saving(kept, asked("prompt_caching"), PRICES).expected == 0


def test_a_batch_costs_what_the_catalogue_says_it_does() -> None:
    found = saving(part(), asked("batching", share_pct=50), PRICES)
    assert (found.expected, found.high) == (Decimal("1.875"), Decimal("1.875"))
    assert found.low == Decimal("1.5")


def test_a_cap_saves_what_lies_beyond_it() -> None:
    found = saving(part(long=True, over_cap=60_000), asked("output_cap"), PRICES)
    assert found.expected == Decimal("0.9")
    assert found.low == Decimal("0.9") - Decimal("0.2") * Decimal("7.5")


def test_a_discount_scales_what_the_list_price_saves() -> None:
    halved = part(cost=Decimal("3.75"))
    assert saving(halved, asked("batching"), PRICES).expected == Decimal("1.875")


parts = st.builds(
    part,
    model=st.sampled_from(["dear", "cheap"]),
    priced=st.booleans(),
    easy=st.booleans(),
    long=st.booleans(),
    input_above=st.sampled_from([0, 1023]),
    input_tokens=st.integers(0, 10**9),
    output_tokens=st.integers(0, 10**8),
    over_cap=st.integers(0, 10**6),
    cost=st.decimals(0, 10**6, places=6),
)
KINDS: list[Kind] = ["move_share", "prompt_caching", "batching", "output_cap", "route_by_difficulty"]


@given(part=parts, kind=st.sampled_from(KINDS), share=st.floats(0.1, 100), hits=st.floats(0, 100))
def test_every_estimate_lies_between_its_bounds(part: Part, kind: Kind, share: float, hits: float) -> None:
    question = asked(kind, share_pct=share, hit_rate_pct=hits)
    if not touches(part, question, PRICES):
        return
    assert part.priced
    assert part.model == "dear"
    found = saving(part, question, PRICES)
    assert found.low <= found.expected <= found.high


@given(part=parts, share=st.floats(1, 100))
def test_a_share_saves_its_share(part: Part, share: float) -> None:
    whole = saving(part, asked("move_share", share_pct=100), PRICES)
    some = saving(part, asked("move_share", share_pct=share), PRICES)
    assert float(some.expected) == pytest.approx(float(whole.expected) * share / 100, rel=1e-9, abs=1e-9)


@given(
    model=st.sampled_from(["gpt-4o", "claude-sonnet-4-5", "gemini-2.5-pro", "gpt-4.1-mini"]),
    tokens=st.tuples(st.integers(0, 400_000), st.integers(0, 20_000)),
)
def test_list_prices_cost_what_the_catalogue_computes(model: str, tokens: tuple[int, int]) -> None:
    catalogue = PriceCatalogue()
    known = catalogue.find(model)
    assert known
    price = list_prices([model], NOW)[model]
    cost = price.tier(tokens[0]).cost(1, *tokens)
    assert cost.quantize(Decimal("1e-12")) == catalogue.cost(known, NOW, *tokens)


def test_a_model_that_nobody_knows_has_no_list_price() -> None:
    assert not list_prices(["no-such-model"], NOW)


@given(value=st.floats(0, 1e6), days=st.integers(5, 60), horizon=st.integers(1, 92))
def test_a_constant_goes_on_without_doubt(value: float, days: int, horizon: int) -> None:
    found = continued([value] * days, horizon)
    assert found
    assert found.method == "recent_mean"
    assert found.values == pytest.approx([value] * horizon)
    assert found.total_margin(horizon, 95) == pytest.approx(0, abs=1e-6 * (value + 1) * horizon)


@given(week=st.lists(st.floats(0, 1000), min_size=7, max_size=7), weeks=st.integers(3, 8), horizon=st.integers(1, 30))
def test_a_weekly_rhythm_goes_on_exactly(week: list[float], weeks: int, horizon: int) -> None:
    expected = [week[day % 7] for day in range(horizon)]
    assert weekday_mean(week * weeks, horizon) == pytest.approx(expected)
    assert weekday_trend(week * weeks, horizon) == pytest.approx(expected, abs=1e-6)


@given(start=st.floats(100, 1000), slope=st.floats(-1, 5), days=st.integers(14, 50))
def test_a_straight_line_goes_on_exactly(start: float, slope: float, days: int) -> None:
    line = [start + slope * day for day in range(days + 10)]
    assert weekday_trend(line[:days], 10) == pytest.approx(line[days:], rel=1e-6)


def test_the_method_is_the_one_that_did_best() -> None:
    rhythm = [100.0, 100, 100, 100, 100, 20, 15] * 6
    assert (found := continued(rhythm, 7))
    assert found.method == "weekday_mean"
    line = [100.0 + 3 * day for day in range(42)]
    assert (found := continued(line, 7))
    assert found.method == "weekday_trend"
    assert found.values[0] == pytest.approx(226)


def test_too_few_days_are_not_continued() -> None:
    assert continued([1.0, 2.0, 3.0, 4.0], 7) is None


@pytest.mark.parametrize("confidence_pct", [80, 95])
def test_intervals_hold_about_as_often_as_they_say(confidence_pct: int) -> None:
    random = Random(11)  # noqa: S311 - noise with a known law
    inside = total = sums = 0
    for _ in range(150):
        days = [max(0.0, 100 + 10 * random.gauss(0, 1)) for _ in range(42 + 14)]
        found = continued(days[:42], 14)
        assert found
        forecast = points(found, NOW, confidence_pct)
        pairs = list(zip(forecast, days[42:], strict=True))
        inside += sum(float(p.low_usd) <= real <= float(p.high_usd) for p, real in pairs)
        total += len(pairs)
        sums += abs(sum(days[42:]) - sum(found.values)) <= found.total_margin(14, confidence_pct)
    assert abs(inside / total * 100 - confidence_pct) < 6
    assert sums / 150 * 100 > confidence_pct - 8


def bucket(day: int, usd: object, *, partial: bool = False) -> Bucket:
    return Bucket(
        at=datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=day),
        partial=partial,
        requests=1,
        errors=0,
        input_tokens=1,
        output_tokens=1,
        unpriced=0,
        cost_usd=Decimal(str(usd)),
        measured=0,
        median_latency_ms=None,
    )


def month(days: list[Bucket], as_of: datetime) -> Month:
    start, end = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    spent = [day for day in days if day.at >= start]
    return Month(start=start, end=end, as_of=as_of, spent=spent, complete=[d for d in days if not d.partial])


def test_a_steady_month_is_projected_to_its_end() -> None:
    days = [bucket(day, 10) for day in range(31 + 15)]
    found = burned(month(days, datetime(2026, 11, 16, tzinfo=UTC)), Decimal(250), source="set")
    assert (found.spent_usd, found.spent_pct, found.elapsed_pct, found.burn_rate) == (150, 60.0, 50.0, 1.2)
    assert (found.projected_usd, found.projected_low_usd, found.projected_high_usd) == (300, 300, 300)
    assert found.on_track is False
    # 250 are passed by the 26th day's spending.
    assert found.exhausted_at == datetime(2026, 11, 26, tzinfo=UTC)


def test_half_a_day_is_spent_and_half_is_to_come() -> None:
    days = [*(bucket(day, 10) for day in range(31 + 15)), bucket(31 + 15, 5, partial=True)]
    found = burned(month(days, datetime(2026, 11, 16, 12, tzinfo=UTC)), None, source="set")
    assert (found.spent_usd, found.projected_usd) == (155, 300)
    assert (found.budget_from, found.on_track, found.exhausted_at) == ("none", None, None)


def test_a_month_that_is_over_is_what_it_was() -> None:
    days = [bucket(day, 10) for day in range(31 + 30)]
    found = burned(month(days, datetime(2026, 12, 1, tzinfo=UTC)), Decimal(300), source="asked")
    assert (found.projected_usd, found.projected_low_usd, found.projected_high_usd) == (300, 300, 300)
    assert (found.on_track, found.exhausted_at, found.burn_rate, found.method) == (True, None, 1.0, None)


def test_a_month_without_data_projects_nothing() -> None:
    found = burned(month([], datetime(2026, 11, 1, tzinfo=UTC)), Decimal(10), source="set")
    assert (found.spent_usd, found.projected_usd, found.on_track, found.burn_rate) == (0, None, None, None)


@given(
    costs=st.lists(st.integers(0, 50), min_size=6, max_size=29),
    budget=st.integers(1, 3000),
)
def test_a_burn_agrees_with_itself(costs: list[int], budget: int) -> None:
    days = [bucket(31 + day, cost) for day, cost in enumerate(costs)]
    found = burned(month(days, days[-1].at + timedelta(days=1)), Decimal(budget), source="set")
    assert found.spent_usd == sum(costs) == found.spent_by_day[-1][1]
    assert found.projected_usd is not None
    assert found.projected_low_usd is not None
    assert found.projected_high_usd is not None
    assert found.spent_usd <= found.projected_low_usd <= found.projected_usd <= found.projected_high_usd
    assert found.on_track == (found.projected_usd <= budget)
    if found.exhausted_at is None:
        assert found.on_track


@given(values=st.lists(st.integers(-50, 50), min_size=1, max_size=40))
def test_ranks_add_up_and_keep_the_order(values: list[int]) -> None:
    found = ranks(values)
    assert sum(found) == len(values) * (len(values) + 1) / 2
    assert sorted(range(len(values)), key=lambda i: values[i]) == sorted(range(len(values)), key=lambda i: found[i])


def test_what_never_changes_correlates_with_nothing() -> None:
    found = correlated({"requests": [1.0, 2, 3, 4], "cost": [2.0, 4, 6, 9], "errors": [0.0] * 4}, step="day", n=4)
    assert [(pair.x, pair.y) for pair in found.pairs] == [("requests", "cost")]
    assert found.left_out == ("errors",)
    pair = found.pairs[0]
    assert (pair.spearman, pair.strong) == (1.0, True)
    assert pair.low is not None
    assert pair.high is not None
    assert pair.low < pair.pearson < pair.high


def test_fishers_interval_is_that_of_the_textbook() -> None:
    low, high = interval(0.5, 28)
    assert low == pytest.approx(math.tanh(math.atanh(0.5) - 1.959964 / 5), abs=1e-6)
    assert high == pytest.approx(0.7358, abs=1e-3)
    assert interval(1.0, 100) == (None, None)

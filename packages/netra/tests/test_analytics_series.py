"""Usage in steps of time: complete, without gaps, and no longer than a person can read."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from netra_usage import Usage, event, opened

from netra.analytics.queries.series import STEPS, choose
from netra.analytics.queries.usage import UsageOverTime
from netra.errors import ToolError
from netra.settings.model import Settings

START = datetime(2026, 4, 1, tzinfo=UTC)
LEAN = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as usage:
        yield usage


@LEAN
@given(
    offsets=st.lists(st.integers(0, 14 * 86_400), min_size=1, max_size=40),
    step=st.sampled_from(["auto", "hour", "day"]),
)
async def test_steps_are_gapless_and_add_up_to_everything(usage: Usage, offsets: list[int], step: str) -> None:
    tenant = uuid4()
    cost = Decimal("0.000000000123")
    await usage.put(tenant, [event(START + timedelta(seconds=s), cost_usd=cost) for s in offsets])
    found = await usage.call(tenant, "usage_over_time", step=step)
    assert isinstance(found, UsageOverTime)
    length = STEPS[found.step]
    assert [b.at for b in found.buckets] == [found.buckets[0].at + n * length for n in range(found.steps)]
    for bucket in found.buckets:
        inside = [s for s in offsets if bucket.at <= START + timedelta(seconds=s) < bucket.at + length]
        assert (bucket.requests, bucket.cost_usd) == (len(inside), cost * len(inside))
    assert (found.requests, found.cost_usd) == (len(offsets), cost * len(offsets))
    assert found.peak
    assert found.peak.requests == max(b.requests for b in found.buckets)


async def test_a_step_without_any_price_has_no_cost_rather_than_none(usage: Usage) -> None:
    tenant = uuid4()
    await usage.put(tenant, [event(START), event(START + timedelta(days=2), cost_usd=Decimal(1))])
    found = await usage.call(tenant, "usage_over_time", step="day")
    assert isinstance(found, UsageOverTime)
    assert [b.cost_usd for b in found.buckets] == [None, Decimal(0), Decimal(1)]
    assert found.unpriced == 1


async def test_a_step_too_fine_for_its_period_is_refused_in_a_sentence(usage: Usage) -> None:
    tenant = uuid4()
    await usage.put(tenant, [event(START), event(START + timedelta(days=30))])
    with pytest.raises(ToolError, match="43202 steps of one minute are more than 1000; ask for a shorter period"):
        await usage.call(tenant, "usage_over_time", step="minute")


async def test_the_trend_compares_the_halves_of_complete_steps(usage: Usage) -> None:
    tenant = uuid4()
    hours = [(day, hour) for day in range(8) for hour in range(24)]
    rising = [event(START + timedelta(days=d, hours=h, seconds=n)) for d, h in hours for n in range(1 if d < 4 else 3)]
    await usage.put(tenant, rising)
    found = await usage.call(tenant, "usage_over_time", step="day")
    assert isinstance(found, UsageOverTime)
    assert found.trend
    assert (found.trend.earlier.requests, found.trend.later.requests) == (24.0, 72.0)
    assert (found.trend.requests_change_pct, found.trend.cost_change_pct) == (200.0, None)


@pytest.mark.parametrize(
    ("length", "step"),
    [
        (timedelta(minutes=5), "minute"),
        (timedelta(hours=30), "hour"),
        (timedelta(days=5), "hour"),
        (timedelta(days=6), "day"),
    ],
)
def test_the_step_chosen_stays_readable(length: timedelta, step: str) -> None:
    assert choose(START, START + length) == step


async def test_a_tenant_without_data_gets_an_empty_series(usage: Usage) -> None:
    found = await usage.call(uuid4(), "usage_over_time")
    assert isinstance(found, UsageOverTime)
    assert (found.steps, found.requests, found.trend) == (0, 0, None)

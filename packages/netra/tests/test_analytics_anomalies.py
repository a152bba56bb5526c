"""What stands out, by z and by quartiles, and what is left unjudged."""

import statistics
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netra_usage import Usage, event, opened

from netra.analytics.queries.anomalies import MIN_STEPS, Anomalies, judge
from netra.settings.model import Settings

START = datetime(2026, 4, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as usage:
        yield usage


def judged(values: list[float]) -> Anomalies:
    return judge("cost", "hour", [(START + n * HOUR, v) for n, v in enumerate(values)], left_out=0)


@given(values=st.lists(st.floats(0, 1000, allow_nan=False), min_size=MIN_STEPS, max_size=80))
def test_found_is_exactly_what_one_of_the_two_definitions_says(values: list[float]) -> None:
    found = {(a.at - START) // HOUR: a for a in judged(values).found}
    mean, deviation = statistics.fmean(values), statistics.pstdev(values)
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    for number, value in enumerate(values):
        by_z = deviation > 0 and abs(value - mean) / deviation >= 3
        by_iqr = high > low and not low - 1.5 * (high - low) <= value <= high + 1.5 * (high - low)
        methods = found[number].methods if number in found else ()
        assert ("iqr" in methods) == by_iqr
        if deviation > 0 and abs(abs(value - mean) / deviation - 3) > 1e-9:
            assert ("z" in methods) == by_z
    assert len(found) <= judged(values).found_total


@given(value=st.floats(0, 100, allow_nan=False), count=st.integers(MIN_STEPS, 60))
def test_nothing_stands_out_where_all_is_equal(value: float, count: int) -> None:
    assert judged([value] * count).found == ()


def test_too_few_steps_are_not_judged() -> None:
    few = judged([1.0] * (MIN_STEPS - 2) + [900.0])
    assert (few.judged_steps, few.mean, few.found) == (MIN_STEPS - 1, None, ())


async def test_a_spike_is_found_and_partial_edges_are_left_out(usage: Usage) -> None:
    tenant = uuid4()
    ordinary = [event(START + n * HOUR + timedelta(minutes=m)) for n in range(24) for m in range(0, 60, 6)]
    spike = [event(START + 17 * HOUR + timedelta(seconds=s)) for s in range(100)]
    late_edge = [event(START + 24 * HOUR + timedelta(minutes=1))]
    await usage.put(tenant, [*ordinary, *spike, *late_edge])
    found = await usage.call(tenant, "anomalies", metric="requests", step="hour")
    assert isinstance(found, Anomalies)
    assert [(a.at, a.value, a.direction) for a in found.found] == [(START + 17 * HOUR, 110.0, "high")]
    assert (found.judged_steps, found.left_out_steps, found.median) == (24, 1, 10.0)
    assert found.found[0].methods == ("z",), "where nearly all steps are equal the quartiles are silent"


async def test_steps_without_a_price_are_not_taken_for_free_ones(usage: Usage) -> None:
    tenant = uuid4()
    await usage.put(tenant, [event(START + n * HOUR) for n in range(30)])
    found = await usage.call(tenant, "anomalies", metric="cost", step="hour")
    assert isinstance(found, Anomalies)
    assert (found.judged_steps, found.left_out_steps, found.found) == (0, 30, ())

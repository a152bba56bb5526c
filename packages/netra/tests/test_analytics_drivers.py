"""What drove a change: the parts add up to it, and a known jump is named."""

import math
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netra_usage import Usage, event, opened

from netra.analytics.generator import GenerationPlan, generate
from netra.analytics.queries.decompose import Segment, decompose
from netra.analytics.queries.drivers import ChangeDrivers
from netra.errors import ToolError
from netra.settings.model import Settings

DAY = timedelta(days=1)
END = datetime(2026, 6, 1, tzinfo=UTC)

amounts = st.one_of(
    st.just((0, Fraction(0), Fraction(0))),
    st.tuples(st.integers(1, 50), st.fractions(0, 1000, max_denominator=100), st.fractions(0, 9, max_denominator=1000)),
)
segments = st.lists(st.tuples(amounts, amounts), max_size=6).map(
    lambda pairs: [Segment(key=("w", str(n)), before=b, after=a) for n, (b, a) in enumerate(pairs)]
)


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as usage:
        yield usage


@given(parts=segments)
def test_the_parts_of_a_sum_add_up_exactly(parts: list[Segment]) -> None:
    found = decompose(parts, mean=False)
    if found is None:
        assert not any(s.before[0] + s.after[0] for s in parts)
        return
    assert found.before == sum(s.before[2] for s in parts)
    assert found.after == sum(s.after[2] for s in parts)
    assert sum(p.total for _, p in found.parts) == found.after - found.before
    for segment, part in found.parts:
        assert part.total == segment.after[2] - segment.before[2], "each segment explains its own change"


@given(parts=segments)
def test_the_parts_of_a_mean_add_up_exactly(parts: list[Segment]) -> None:
    found = decompose(parts, mean=True)
    before, after = sum(s.before[0] for s in parts), sum(s.after[0] for s in parts)
    if not before or not after:
        assert found is None, "nothing has no mean"
        return
    assert found is not None
    assert found.before == sum(s.before[2] for s in parts) / before
    assert sum(p.total for _, p in found.parts) == found.after - found.before


@given(parts=segments, factor=st.integers(2, 5))
def test_more_of_the_same_is_all_volume(parts: list[Segment], factor: int) -> None:
    grown = [
        Segment(key=s.key, before=s.before, after=(s.before[0] * factor, s.before[1] * factor, s.before[2] * factor))
        for s in parts
    ]
    found = decompose(grown, mean=False)
    for _, part in found.parts if found else ():
        assert (part.mix, part.size, part.price) == (0, 0, 0)


async def compare(usage: Usage, metric: str, change_at: datetime, days: int = 4) -> ChangeDrivers:
    tenant = uuid4()
    made = generate(GenerationPlan(end=END, days=20, requests_per_day=300)).events
    await usage.put(tenant, made)
    found = await usage.call(
        tenant,
        "change_drivers",
        metric=metric,
        baseline_start=(change_at - days * DAY).isoformat(),
        baseline_end=change_at.isoformat(),
        current_start=change_at.isoformat(),
        current_end=(change_at + days * DAY).isoformat(),
    )
    assert isinstance(found, ChangeDrivers)
    return found


@pytest.mark.parametrize("metric", ["cost", "requests", "tokens", "latency"])
async def test_drivers_add_up_to_the_change(usage: Usage, metric: str) -> None:
    found = await compare(usage, metric, datetime(2026, 5, 20, tzinfo=UTC))
    assert found.change is not None
    assert found.before is not None
    assert found.parts is not None
    assert found.change == pytest.approx((found.after or 0) - found.before, rel=1e-9)
    assert math.fsum(d.contribution.total for d in found.drivers) == pytest.approx(found.change, rel=1e-9)
    reasons = (found.parts.volume, found.parts.mix, found.parts.size, found.parts.price)
    assert math.fsum(reasons) == pytest.approx(found.change, rel=1e-9)


async def test_the_jump_that_was_generated_is_the_first_driver(usage: Usage) -> None:
    truth = generate(GenerationPlan(end=END, days=20, requests_per_day=300)).truth
    found = await compare(usage, "cost", truth.at)
    assert (found.drivers[0].workload, found.drivers[0].model) == (truth.workload, "gpt-4o")
    assert found.parts is not None
    assert found.parts.mix == max(found.parts.volume, found.parts.mix, found.parts.size, found.parts.price)


async def test_unpriced_requests_are_counted_beside_the_change(usage: Usage) -> None:
    tenant = uuid4()
    await usage.put(tenant, [event(END), event(END + DAY), event(END + DAY, input_tokens=3)])
    days = [(END + n * DAY).isoformat() for n in range(3)]
    found = await usage.call(
        tenant,
        "change_drivers",
        baseline_start=days[0],
        baseline_end=days[1],
        current_start=days[1],
        current_end=days[2],
    )
    assert isinstance(found, ChangeDrivers)
    assert (found.change, found.left_out_before, found.left_out_after) == (None, 1, 2)


async def test_overlapping_periods_are_refused(usage: Usage) -> None:
    days = [(END + n * DAY).isoformat() for n in range(3)]
    with pytest.raises(ToolError, match="overlap"):
        await usage.call(
            uuid4(),
            "change_drivers",
            baseline_start=days[0],
            baseline_end=days[2],
            current_start=days[1],
            current_end=days[2],
        )

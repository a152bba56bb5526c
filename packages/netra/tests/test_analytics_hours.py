"""What is counted by the hour answers as the events themselves would, whatever the period's ends are."""

import random
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netra_usage import Usage, event, opened

from netra.analytics.events import UsageEvent
from netra.analytics.scope import EARLIEST, LATEST, Scope, whole
from netra.settings.model import Settings

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
moments = st.integers(-3, 3_000).map(lambda minutes: START + timedelta(minutes=minutes * 7))


@given(start=moments, minutes=st.integers(1, 500))
def test_the_whole_hours_lie_inside_and_less_than_an_hour_is_left_at_each_end(start: datetime, minutes: int) -> None:
    end = start + timedelta(minutes=minutes)
    found = whole(Scope(start=start, end=end))
    first, last = (datetime.fromisoformat(f"{found[name]}+00:00") for name in ("whole_start", "whole_end"))
    assert first.minute == first.second == last.minute == last.second == 0
    assert start <= first < start + HOUR
    assert first == last or (last <= end < last + HOUR)


@pytest.mark.parametrize("far", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])
def test_periods_beyond_all_data_are_cut(far: datetime) -> None:
    scope = Scope(start=far) if far < START else Scope(end=far)
    assert whole(scope) == whole(Scope()) == {"whole_start": f"{EARLIEST:%F %T}", "whole_end": f"{LATEST:%F %T}"}


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as usage:
        yield usage


def traffic() -> list[UsageEvent]:
    draw = random.Random(3)  # noqa: S311 - data, no secret
    return [
        event(
            START + timedelta(seconds=draw.randrange(3 * 86_400)),
            workload=draw.choice(("chat", "search")),
            model=draw.choice(("gpt-4o", "my-own")),
            input_tokens=draw.randrange(1000),
            latency_ms=draw.choice((None, 5.0)),
            cost_usd=draw.choice((None, Decimal(draw.randrange(10**12)) / 10**12)),
            status=draw.choice(("ok", "timeout")),
        )
        for _ in range(3000)
    ]


async def asked(usage: Usage, tenant: UUID, start: datetime, end: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    period = {"start": start.isoformat(), "end": end.isoformat()}
    cost = (await usage.call(tenant, "cost_breakdown", by="model", **period)).model_dump()
    profile = (await usage.call(tenant, "data_profile", **period)).model_dump()
    return cost, profile


async def test_any_period_costs_what_its_events_cost(usage: Usage) -> None:
    tenant, events = uuid4(), traffic()
    # Several imports, and several inserts whose hours ClickHouse has not joined yet.
    for first in range(0, len(events), 1000):
        await usage.put(tenant, events[first : first + 1000])
    draw = random.Random(5)  # noqa: S311 - data, no secret
    edges = sorted(draw.randrange(3 * 86_400) for _ in range(9))
    periods = [
        (START + timedelta(seconds=a), START + timedelta(seconds=b)) for a, b in zip(edges, edges[3:], strict=False)
    ]
    minutes = (START + timedelta(minutes=10), START + timedelta(minutes=50))
    for start, end in [*periods, minutes, (START, START + timedelta(days=2))]:
        inside = [e for e in events if start <= e.at < end]
        cost, profile = await asked(usage, tenant, start, end)
        assert cost["requests"] == profile["requests"] == len(inside)
        assert {group["key"]: group["requests"] for group in cost["groups"]} == by_model(inside)
        assert profile["errors"] == sum(e.status != "ok" for e in inside)
        assert profile["measured"] == sum(e.latency_ms is not None for e in inside)
        known = [e.cost_usd for e in inside if e.cost_usd is not None]
        assert cost["unpriced"] == len(inside) - len(known)
        assert float(cost["cost_usd"]) == pytest.approx(float(sum(known)), abs=1e-9)
        assert (profile["first_at"], profile["last_at"]) == (min(e.at for e in inside), max(e.at for e in inside))


def by_model(events: Sequence[UsageEvent]) -> dict[str, int]:
    return {model: sum(e.model == model for e in events) for model in {e.model for e in events}}

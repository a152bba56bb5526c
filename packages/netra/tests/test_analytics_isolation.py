"""A tenant's answers depend on its own rows alone."""

import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from netra_usage import Usage, event, opened
from pydantic import BaseModel, JsonValue

from netra.analytics.database import Database
from netra.analytics.events import UsageEvent
from netra.analytics.scope import QUERIES, Limits, Scope, TenantReader
from netra.errors import ToolError
from netra.settings.model import Settings
from netra.tools.catalogue import TOOLS

START = datetime(2026, 3, 1, tzinfo=UTC)
LEAN = settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DAYS = [(START + timedelta(days=d)).isoformat() for d in range(4)]
ARGUMENTS: dict[str, dict[str, JsonValue]] = {
    "cost_breakdown": {"by": "model"},
    "latency_percentiles": {"by": "workload"},
    "token_statistics": {"by": "day"},
    "change_drivers": {
        "metric": "requests",
        "baseline_start": DAYS[0],
        "baseline_end": DAYS[1],
        "current_start": DAYS[1],
        "current_end": DAYS[2],
    },
    "anomalies": {"metric": "tokens", "step": "hour"},
    "what_if": {"kind": "move_share", "from_model": "gpt-4o", "to_model": "gpt-4o-mini"},
    "budget_burn": {"month": "2026-03"},
    "sql_query": {"sql": "select count(), sum(input_tokens), max(at) from events"},
}


@st.composite
def some_events(draw: st.DrawFn) -> list[UsageEvent]:
    """A few events of two days."""
    count = draw(st.integers(1, 25))
    return [
        event(
            START + timedelta(seconds=draw(st.integers(0, 2 * 86_400))),
            workload=draw(st.sampled_from(["chat", "search", "mail"])),
            input_tokens=draw(st.integers(0, 9999)),
            latency_ms=draw(st.none() | st.integers(1, 5000).map(float)),
        )
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as usage:
        yield usage


@LEAN
@given(mine=some_events(), theirs=some_events())
async def test_another_tenants_rows_never_change_any_result(
    usage: Usage, mine: list[UsageEvent], theirs: list[UsageEvent]
) -> None:
    me, other = uuid4(), uuid4()
    await usage.put(me, mine)

    async def everything() -> dict[str, BaseModel]:
        return {name: await usage.call(me, name, **ARGUMENTS.get(name, {})) for name in TOOLS if not TOOLS[name].effect}

    before = await everything()
    await usage.put(other, theirs)
    assert await everything() == before


def test_no_query_can_name_a_table_and_so_reach_past_its_tenant() -> None:
    for name, sql in QUERIES.items():
        sources = re.findall(r"\b(?:from|join)\s+(\w+|\()", sql)
        assert set(sources) in ({"events"}, {"events", "("}, {"hours"}), name


@pytest.mark.parametrize("name", list(TOOLS))
def test_no_tool_takes_a_tenant_from_its_caller(name: str) -> None:
    assert not [field for field in TOOLS[name].parameters.model_fields if "tenant" in field]
    assert TOOLS[name].parameters.model_config.get("extra") == "forbid"


async def test_a_name_made_to_break_out_is_just_a_name(usage: Usage) -> None:
    me = uuid4()
    evil = "x'] or 1=1 -- \\ {tenant_id:UUID} \n\t`"
    await usage.put(me, [event(START, workload=evil), event(START)])
    await usage.put(uuid4(), [event(START)])
    found = await usage.call(me, "data_profile", workloads=[evil])
    assert found.model_dump()["requests"] == 1
    assert found.model_dump()["workloads"][0]["name"] == evil


async def test_a_question_over_its_limits_ends_in_a_sentence(usage: Usage) -> None:
    me = uuid4()
    await usage.put(me, [event(START + timedelta(seconds=n)) for n in range(500)])
    database = Database(usage.client)
    few = TenantReader(database, me, Limits(rows_read=10))
    with pytest.raises(ToolError, match="reads more rows than a question may"):
        await few.rows(QUERIES["tokens"], Scope(), {"by": "all", "limit": 10})
    hasty = TenantReader(database, me, Limits(seconds=0.2, rows_read=10**15))
    with pytest.raises(ToolError, match="takes longer than a question may"):
        await hasty.rows("select sum(sipHash64(number)) as spent from numbers(1000000000000)", Scope())
    with pytest.raises(ToolError, match="has more result rows than a question may"):
        await TenantReader(database, me).rows("select number from numbers(1001)", Scope())

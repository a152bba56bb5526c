"""The tools as agents see them."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import get_type_hints
from uuid import uuid4

import pytest
from netra_usage import Usage, opened
from pydantic import BaseModel, JsonValue

from netra.analytics.generator import GenerationPlan, generate
from netra.errors import ToolError
from netra.settings.model import Settings
from netra.tools.catalogue import TOOLS
from netra.tools.registry import parse_arguments

END = datetime(2026, 11, 22, tzinfo=UTC)
NAMES = [
    "data_profile",
    "cost_breakdown",
    "latency_percentiles",
    "token_statistics",
    "usage_over_time",
    "change_drivers",
    "anomalies",
    "compare_models",
    "what_if",
    "forecast_cost",
    "budget_burn",
    "correlate",
    "sql_query",
    "set_budget",
]
PERIODS: dict[str, JsonValue] = {
    "baseline_start": "2026-11-18T00:00:00Z",
    "baseline_end": "2026-11-19T00:00:00Z",
    "current_start": "2026-11-20T00:00:00Z",
    "current_end": "2026-11-21T00:00:00Z",
}


ARGUMENTS: dict[str, dict[str, JsonValue]] = {
    "change_drivers": PERIODS,
    "what_if": {"kind": "batching"},
    "sql_query": {"sql": "select model, count() as n, min(at) from events group by model"},
    "set_budget": {"monthly_usd": 20},
}


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as usage:
        yield usage


def test_the_catalogue_is_complete_and_described() -> None:
    assert list(TOOLS) == NAMES
    for name, tool in TOOLS.items():
        assert tool.name == name
        assert tool.description.endswith(".")
        assert tool.idempotent, "doing it twice changes nothing"
        assert tool.effect == (name == "set_budget")
        for field in tool.parameters.model_json_schema()["properties"].values():
            assert field.get("description"), "a model chooses by descriptions"


@pytest.mark.parametrize("name", NAMES)
async def test_a_result_survives_the_log(usage: Usage, name: str) -> None:
    tenant = await usage.tenant()
    await usage.put(tenant, generate(GenerationPlan(end=END, days=4, requests_per_day=100)).events)
    result = await usage.call(tenant, name, **ARGUMENTS.get(name, {}))
    assert type(result).model_validate(result.model_dump(mode="json")) == result


@pytest.mark.parametrize("name", NAMES)
async def test_a_tenant_without_data_gets_an_empty_result(usage: Usage, name: str) -> None:
    result = await usage.call(await usage.tenant(), name, **ARGUMENTS.get(name, {}))
    assert isinstance(result, BaseModel)
    assert get_type_hints(type(result))


@pytest.mark.parametrize(
    ("name", "arguments", "place"),
    [
        ("cost_breakdown", {"by": "moon"}, "by"),
        ("cost_breakdown", {"limit": 0}, "limit"),
        ("cost_breakdown", {"tenant_id": "x"}, "tenant_id"),
        ("data_profile", {"start": "2026-11-01"}, "start"),
        ("data_profile", {"start": "2026-11-02T00:00:00Z", "end": "2026-11-01T00:00:00Z"}, "arguments"),
        ("change_drivers", {}, "baseline_start"),
        ("anomalies", {"metric": "mood"}, "metric"),
        ("what_if", {"kind": "magic"}, "kind"),
        ("what_if", {"kind": "output_cap"}, "arguments"),
        ("what_if", {"kind": "batching", "share_pct": 101}, "share_pct"),
        ("forecast_cost", {"horizon_days": 0}, "horizon_days"),
        ("budget_burn", {"month": "2026-13"}, "month"),
        ("correlate", {"quantities": ["mood"]}, "quantities.0"),
        ("set_budget", {"monthly_usd": -1}, "monthly_usd"),
        ("set_budget", {"monthly_usd": "nan"}, "monthly_usd"),
    ],
)
def test_wrong_arguments_are_refused_by_place(name: str, arguments: dict[str, JsonValue], place: str) -> None:
    with pytest.raises(ToolError, match=f"^{name}: {place}"):
        parse_arguments(TOOLS[name], arguments)


async def test_more_groups_than_asked_for_are_counted_and_in_the_totals(usage: Usage) -> None:
    tenant = uuid4()
    made = generate(GenerationPlan(end=END, days=3, requests_per_day=200)).events
    await usage.put(tenant, made)
    found = (await usage.call(tenant, "cost_breakdown", by="model", limit=2)).model_dump()
    assert (len(found["groups"]), found["groups_total"]) == (2, len({e.model for e in made}))
    assert found["requests"] == len(made)
    assert found["cost_usd"] == sum(e.cost_usd or 0 for e in made)
    assert found["groups"][0]["cost_usd"] >= found["groups"][1]["cost_usd"]


async def test_a_period_holds_its_start_and_not_its_end(usage: Usage) -> None:
    tenant = uuid4()
    made = generate(GenerationPlan(end=END, days=2, requests_per_day=100)).events
    await usage.put(tenant, made)
    first, last = made[10].at, made[20].at
    found = (await usage.call(tenant, "data_profile", start=first.isoformat(), end=last.isoformat())).model_dump()
    assert found["requests"] == sum(first <= e.at < last for e in made)
    assert found["last_at"] < last
    assert found["first_at"] - first == timedelta(0)

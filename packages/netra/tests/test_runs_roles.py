"""A model that advises, acts and asks for data: it chooses tools, and what changes anything waits all the same."""

import json
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from netra_models import endpoint, text, tool_call
from netra_runs import Scene, scene, settings_of, worker

from netra.analytics.database import Database
from netra.analytics.generator import GenerationPlan
from netra.analytics.ingest.generated import import_generated
from netra.analytics.schema import ensure
from netra.events.union import AgentCompletedData
from netra.runs.approvals import Decision, decide
from netra.stores import clickhouse

pytestmark = pytest.mark.slow
END = datetime(2026, 11, 20, tzinfo=UTC)
ROLES = {"LLM_ROLES": "data_helper,optimization,actions"}


@pytest.fixture
async def here(environ: Mapping[str, str]) -> AsyncGenerator[Scene]:
    async with scene(settings_of(environ)) as made:
        client = await clickhouse.open_client(made.settings.clickhouse)
        await ensure(client)
        plan = GenerationPlan(end=END, days=3, seed=1, requests_per_day=50)
        await import_generated(Database(client), made.person.tenant_id, plan)
        await client.close()
        yield made


def advising(asked: dict[str, Any]) -> bytes:
    """Has caching estimated, then, as the one that acts, wants a budget that nobody asked for."""
    said = json.dumps(asked["messages"])
    if "You turn findings into steps" in said:
        return text("done") if "refused" in said else tool_call("set_budget", {"monthly_usd": 1})
    return text("done") if "prompt_caching" in said else tool_call("what_if", {"kind": "prompt_caching"})


async def test_a_model_advises_with_tools_and_changes_nothing_that_its_person_refuses(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    async with endpoint(advising) as scripted, worker({**environ, **scripted.environ, **ROLES}, tmp_path):
        run = await here.ask("How could I reduce the cost of my workloads?")
        waiting = await here.until(run.run_id, lambda events: events[-1].type == "approval_requested")
        asked = waiting[-1]
        assert asked.type == "approval_requested"
        assert (asked.agent, asked.data.tool, asked.data.arguments) == ("actions", "set_budget", {"monthly_usd": 1})
        refusal = Decision(call_id=asked.data.call_id, approved=False, note="I did not ask for that")
        await decide(here.pool, here.publisher, here.person, run.run_id, refusal)
        events = await here.finished(run.run_id)
    calls = [(event.agent, event.data.tool) for event in events if event.type == "tool_executing"]
    assert ("optimization", "what_if") in calls
    assert "set_budget" not in [tool for _, tool in calls]
    assert isinstance(events[-1].data, AgentCompletedData)
    assert "I did not ask for that" in json.dumps(scripted.asked[-1]["messages"])
    count = "select count(*) from tenant_budgets where tenant_id = $1"
    assert await here.pool.fetchval(count, here.person.tenant_id) == 0


async def test_a_model_says_which_data_is_missing_and_the_rules_name_it(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    said = "Supply usage data of that month."
    async with endpoint(lambda _: text(said)) as scripted, worker({**environ, **scripted.environ, **ROLES}, tmp_path):
        events = await here.finished((await here.ask("what did my workloads cost in March 2024?")).run_id)
    done = {event.agent: event.data.result for event in events if event.type == "agent_completed"}
    assert list(done) == ["triage", "data_helper", "reporting"]
    assert said in [event.data.text for event in events if event.type == "agent_thinking"]
    assert done["data_helper"]["analyst"] == "scripted"
    assert done["data_helper"]["needed"]

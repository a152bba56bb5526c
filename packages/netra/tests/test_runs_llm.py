"""Runs whose roles a model serves: real answers, and failures that say what failed."""

import json
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from netra_models import endpoint, text, tool_call
from netra_runs import Scene, Script, scene, settings_of, worker

from netra.agents.builtin.analyst import write_report
from netra.analytics.database import Database
from netra.analytics.generator import GenerationPlan
from netra.analytics.ingest.generated import import_generated
from netra.analytics.schema import ensure
from netra.embedded.ports import free_port
from netra.events.union import AgentCompletedData, AgentFailedData, Event
from netra.runs.progress import progress
from netra.stores import clickhouse
from netra.tools.catalogue import TOOLS

QUESTION = "what did my workloads cost by model?"
END = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
async def here(environ: Mapping[str, str]) -> AsyncGenerator[Scene]:
    """A person with usage data."""
    async with scene(settings_of(environ)) as made:
        client = await clickhouse.open_client(made.settings.clickhouse)
        await ensure(client)
        plan = GenerationPlan(end=END, days=3, seed=1, requests_per_day=50)
        await import_generated(Database(client), made.person.tenant_id, plan)
        await client.close()
        yield made


async def failed(here: Scene, environ: Mapping[str, str], folder: Path) -> AgentFailedData:
    """How a run ends in a worker with this environment."""
    async with worker(environ, folder) as working:
        last = (await here.finished((await here.ask(QUESTION)).run_id))[-1].data
        assert environ["LLM_API_KEY"] not in working.log_text()
    assert isinstance(last, AgentFailedData)
    assert last.component == "llm"
    return last


def facts_of(events: list[Event]) -> tuple[str, set[str]]:
    """The report that the run's findings give, and the ids of its calls."""
    state = progress(events)
    report = write_report(QUESTION, events[0].at, tuple(state.findings.values()))
    return report.text, set(state.findings)


async def test_without_a_model_the_builtin_analyst_answers_and_every_number_has_its_call(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    async with worker(environ, tmp_path):
        events = await here.finished((await here.ask(QUESTION)).run_id)
    text, calls = facts_of(events)
    final = events[-1].data
    assert isinstance(final, AgentCompletedData)
    assert final.answer == text
    assert final.result["analyst"] == "builtin"
    numbers = cast("list[dict[str, str]]", final.result["numbers"])
    assert numbers
    assert {number["call_id"] for number in numbers} <= calls
    assert all(number["text"] in final.answer for number in numbers)


async def test_a_small_model_comments_and_the_facts_stay_exact(
    environ: Mapping[str, str], model: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    async with worker({**environ, **model, "LLM_ROLES": "reporting"}, tmp_path):
        events = await here.finished((await here.ask(QUESTION)).run_id, within_s=60)
    text, _ = facts_of(events)
    final = events[-1].data
    assert isinstance(final, AgentCompletedData)
    assert final.answer.startswith(text)
    assert final.result["analyst"] == final.result["comment"] == model["LLM_MODEL"]
    assert final.answer == "".join(event.data.text for event in events if event.type == "answer_delta")


def choosing(asked: dict[str, Any]) -> bytes:
    """A model that looks at the profile, asks for costs by model, and is done."""
    answers = (tool_call("data_profile", {}), tool_call("cost_breakdown", {"by": "model"}), text("done"))
    return answers[sum(message["role"] == "tool" for message in asked["messages"])]


async def test_a_model_may_choose_the_tools_and_gets_no_others_and_no_tenant(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    async with endpoint(choosing) as scripted, worker({**environ, **scripted.environ, "LLM_ROLES": "data"}, tmp_path):
        events = await here.finished((await here.ask(QUESTION)).run_id)
    done = {event.agent: event.data.result for event in events if event.type == "agent_completed"}
    assert [event.data.tool for event in events if event.type == "tool_executing"] == ["data_profile", "cost_breakdown"]
    assert done["data"]["analyst"] == "scripted"
    assert "gpt-4o" in str(done["reporting"]["numbers"]) + events[-1].model_dump_json()
    offered = {tool["function"]["name"]: tool["function"]["parameters"] for tool in scripted.asked[0]["tools"]}
    assert offered.keys() == {name for name, tool in TOOLS.items() if not tool.effect}
    assert not [name for parameters in offered.values() for name in parameters["properties"] if "tenant" in name]
    assert str(here.person.tenant_id) not in json.dumps(scripted.asked)


async def test_a_model_that_chooses_no_tools_is_replaced_by_the_plan_and_that_is_said(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    own = {"LLM_ROLES": "triage,data"}
    async with (
        endpoint(lambda _: text("You want ", "to know the cost.")) as scripted,
        worker({**environ, **scripted.environ, **own}, tmp_path),
    ):
        events = await here.finished((await here.ask(QUESTION)).run_id)
    done = {event.agent: event.data.result for event in events if event.type == "agent_completed"}
    assert (done["triage"]["analyst"], done["data"]["analyst"]) == ("scripted", "builtin")
    assert done["triage"]["understood"] == "You want to know the cost."
    assert "cost_breakdown" in [event.data.tool for event in events if event.type == "tool_executing"]
    assert done["reporting"]["numbers"]


async def test_a_tool_that_does_not_exist_is_answered_with_an_error_that_the_model_sees(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    def wishful(asked: dict[str, Any]) -> bytes:
        answered = "drop_tables" in json.dumps(asked["messages"])
        return text("done") if answered else tool_call("drop_tables", {"now": True})

    async with endpoint(wishful) as scripted, worker({**environ, **scripted.environ, "LLM_ROLES": "data"}, tmp_path):
        events = await here.finished((await here.ask(QUESTION)).run_id)
    first = next(event.data for event in events if event.type == "tool_completed" and event.agent == "data")
    assert (first.tool, first.status) == ("drop_tables", "error")
    assert "there is no tool" in str(scripted.asked[1]["messages"][-1])


async def test_what_a_model_invents_is_withheld_and_that_is_said(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    said = text("Most of the cost is ", "one model. It rose by 99", " % since May. Look at it.")
    async with (
        endpoint(lambda _: said) as scripted,
        worker({**environ, **scripted.environ, "LLM_ROLES": "reporting"}, tmp_path),
    ):
        events = await here.finished((await here.ask(QUESTION)).run_id)
    final = events[-1].data
    assert isinstance(final, AgentCompletedData)
    report, _ = facts_of(events)
    comment = final.answer.removeprefix(report)
    assert comment.startswith("\n\nMost of the cost is one model. Look at it.")
    assert "99" not in comment
    assert "withheld" in comment
    assert final.result["withheld"] == 1


async def test_a_model_that_hangs_fails_the_run_as_a_time_out(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    quick = Script(brains="model", llm_s=0.6)
    async with endpoint(lambda _: None) as hanging, worker({**environ, **hanging.environ}, tmp_path, quick):
        last = (await here.finished((await here.ask(QUESTION)).run_id))[-1].data
    assert isinstance(last, AgentFailedData)
    assert (last.reason, last.component, last.retryable) == ("llm_timeout", "llm", True)


async def test_a_wrong_key_fails_the_run_by_name(
    environ: Mapping[str, str], model: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    wrong = {**environ, **model, "LLM_API_KEY": "sk-this-is-not-the-key-of-that-model"}
    last = await failed(here, wrong, tmp_path)
    assert (last.reason, last.retryable) == ("llm_auth", False)


async def test_an_endpoint_that_is_gone_fails_the_run_by_name(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    gone = {
        **environ,
        "LLM_BASE_URL": f"http://127.0.0.1:{free_port()}/v1",
        "LLM_MODEL": "m",
        "LLM_API_KEY": "sk-of-an-endpoint-that-is-not-there",
    }
    last = await failed(here, gone, tmp_path)
    assert (last.reason, last.retryable) == ("llm_unreachable", True)


async def test_a_clickhouse_that_is_gone_fails_the_run_by_name(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    async with worker({**environ, "CLICKHOUSE_PORT": str(free_port())}, tmp_path):
        events = await here.finished((await here.ask(QUESTION)).run_id)
    last = events[-1].data
    assert isinstance(last, AgentFailedData)
    assert (last.reason, last.component) == ("dependency_unavailable", "clickhouse")
    assert [event.data.status for event in events if event.type == "tool_completed"] == ["error"]

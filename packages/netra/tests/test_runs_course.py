"""The course of a run as the engine takes it: order, handoffs, what becomes of an agent that fails, and memory."""

import itertools
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from netra_models import endpoint, text
from netra_runs import Scene, Script, eventually, scene, worker

from netra.agents.memory import BUDGET_TOKENS, CHARS_PER_TOKEN
from netra.agents.steps import Assignment, Brain, CallTool, Done, Say, Step, Steps, Think
from netra.agents.team import team
from netra.analytics.schema import ensure
from netra.errors import ToolError
from netra.events.union import AgentCompletedData, AgentFailedData, Event
from netra.runs.engine import Engine
from netra.runs.leases import Leases
from netra.runs.parts import Parts
from netra.runs.warehouse import Warehouse
from netra.settings.model import Role, Settings
from netra.settings.timeouts import Timeouts
from netra.stores import clickhouse

ROLES: tuple[Role, ...] = ("triage", "data_helper", "data", "optimization", "actions", "reporting")
LONG = "x" * (BUDGET_TOKENS * CHARS_PER_TOKEN)


class Scripted:
    """Takes these steps, or fails."""

    name = "script"

    def __init__(self, *steps: Step | Exception) -> None:
        self._steps = steps
        self.assigned: list[Assignment] = []

    async def work(self, assignment: Assignment) -> Steps:
        self.assigned.append(assignment)
        for step in self._steps:
            if isinstance(step, Exception):
                raise step
            yield step


def done(**result: Any) -> Done:
    return Done(result={"analyst": "script", **result})


@pytest.fixture
async def here(settings: Settings) -> AsyncGenerator[Scene]:
    async with scene(settings) as made:
        await made.pool.execute("delete from runs where status in ('queued', 'running')")
        yield made


def cast_of(**parts: Scripted) -> dict[Role, Brain]:
    """A team in which whoever is not named is done at once."""
    usual: dict[Role, Brain] = {role: Scripted(done()) for role in ROLES}
    given: dict[Any, Brain] = dict(parts)
    return {**usual, "triage": Scripted(done(wants="advice", sufficiency_pct=92)), **given}


async def executed(here: Scene, brains: dict[Role, Brain], *, agent_s: float = 60, **asked: Any) -> list[Event]:
    """Ask, and execute the run in this process."""
    timeouts = Timeouts(
        agent_s=agent_s,
        tool_s=agent_s / 1.2,
        llm_call_s=agent_s / 2,
        llm_first_byte_s=agent_s / 4,
        query_s=agent_s / 4,
        restart_s=agent_s / 4,
    )
    run = await here.ask(**asked)
    leases = Leases(here.pool, owner="w", revision=here.settings.revision, lease_s=30)
    parts = Parts(
        pool=here.pool,
        log=here.log,
        leases=leases,
        roster=team(brains),
        tools={},
        warehouse=Warehouse(here.settings.clickhouse, timeouts),
        timeouts=timeouts,
    )
    (claim,) = await leases.claim(1)
    await Engine(parts).execute(claim)
    return await here.finished(run.run_id)


def handed(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.agent, event.data.to) for event in events if event.type == "agent_handoff"]


async def test_the_whole_flow_in_its_order_with_its_reasons(here: Scene) -> None:
    reporting = Scripted(Say(text="Done."), done(numbers=[]))
    events = await executed(here, cast_of(optimization=Scripted(done(strategies=["s"])), reporting=reporting))
    order = ["triage", "data", "optimization", "actions", "reporting"]
    assert handed(events) == list(itertools.pairwise(order))
    first = next(event.data for event in events if event.type == "agent_handoff")
    assert first.then == tuple(order[2:])
    assert "92 %" in first.reason
    last = events[-1].data
    assert isinstance(last, AgentCompletedData)
    assert last.answer == "Done."
    assert reporting.assigned[0].results["optimization"]["strategies"] == ["s"]


@pytest.mark.parametrize(
    ("wants", "pct", "agents"),
    [
        ("advice", 62, ["data_helper", "data", "reporting"]),
        ("figures", 12, ["data_helper", "reporting"]),
        ("figures", None, ["data", "reporting"]),
        ("change", 0, ["actions", "reporting"]),
        ("nothing", None, ["reporting"]),
    ],
)
async def test_what_triage_found_shortens_the_flow(
    here: Scene, wants: str, pct: float | None, agents: list[str]
) -> None:
    events = await executed(here, cast_of(triage=Scripted(done(wants=wants, sufficiency_pct=pct))))
    assert [to for _, to in handed(events)] == agents


async def test_an_agent_that_advises_and_fails_leaves_a_report_that_says_so(here: Scene) -> None:
    optimization = Scripted(Think(text="hm"), ToolError("no savings today", where="what_if"))
    reporting = Scripted(Say(text="Figures."), done())
    events = await executed(here, cast_of(optimization=optimization, reporting=reporting))
    assert handed(events)[-1] == ("optimization", "reporting")
    (failed,) = reporting.assigned[0].failed
    assert (failed.agent, failed.reason, failed.message) == ("optimization", "tool_failed", "no savings today")
    last = events[-1].data
    assert isinstance(last, AgentCompletedData)
    assert last.answer == "Figures."
    assert last.result["failed"] == [failed.model_dump()]


@pytest.mark.parametrize("agent", ["triage", "data"])
async def test_without_what_an_answer_stands_on_reporting_runs_and_the_run_fails(here: Scene, agent: str) -> None:
    reporting = Scripted(Think(text="there is nothing to tell"), done())
    events = await executed(here, cast_of(**{agent: Scripted(ToolError("broken", where="t")), "reporting": reporting}))
    assert reporting.assigned[0].failed[0].agent == agent
    last = events[-1].data
    assert isinstance(last, AgentFailedData)
    assert (events[-1].agent, last.message) == ("reporting", "broken")
    assert not [event for event in events if event.agent == agent and event.type == "agent_completed"]


async def test_a_defect_and_a_result_that_its_row_does_not_allow_end_in_a_failure_that_says_internal(
    here: Scene,
) -> None:
    for broken in (Scripted(ValueError("oops")), Scripted(done(wants="dreams"))):
        last = (await executed(here, cast_of(triage=broken)))[-1].data
        assert isinstance(last, AgentFailedData)
        assert last.reason == "internal"


async def test_when_reporting_itself_fails_the_run_does(here: Scene) -> None:
    events = await executed(here, cast_of(reporting=Scripted(ToolError("no report", where="reporting"))))
    last = events[-1].data
    assert isinstance(last, AgentFailedData)
    assert (events[-1].agent, last.message) == ("reporting", "no report")


async def test_an_agent_out_of_time_is_reported_like_any_failure(here: Scene) -> None:
    class Slow(Scripted):
        async def work(self, assignment: Assignment) -> Steps:
            yield CallTool(tool="none", arguments={})
            await here.until(assignment.client.run_id, lambda _: False)
            yield done()

    events = await executed(here, cast_of(data=Slow()), agent_s=0.5)
    last = events[-1].data
    assert isinstance(last, AgentFailedData)
    assert last.reason == "agent_timeout"
    assert handed(events)[-1] == ("data", "reporting")


async def test_a_long_thread_is_remembered_by_its_digest_and_folded_once(here: Scene) -> None:
    talk = cast_of(triage=Scripted(done(wants="nothing")), reporting=Scripted(Say(text="It cost $4.20."), done()))
    first = await executed(here, talk, content="what did the search workload cost?")
    thread = first[0].thread_id
    await executed(here, talk, content=LONG, thread_id=thread)
    triage = Scripted(done(wants="nothing"))
    await executed(here, {**talk, "triage": triage}, content="and now?", thread_id=thread)
    (assignment,) = triage.assigned
    assert "search workload" in assignment.digest
    assert "$4.20" in assignment.digest
    assert [said.content[:5] for said in assignment.history] == ["xxxxx", "It co"]
    row = await here.pool.fetchrow("select digest, analyst from thread_memory where thread_id = $1", thread)
    assert row is not None
    assert (row["digest"], row["analyst"]) == (assignment.digest, "builtin")
    last = Scripted(done(wants="nothing"))
    await executed(here, {**talk, "triage": last}, content="again?", thread_id=thread)
    assert last.assigned[0].digest.startswith(assignment.digest)
    assert [said.content for said in last.assigned[0].history] == ["and now?", "It cost $4.20."]


@pytest.mark.slow
async def test_a_model_that_serves_shortens_what_a_long_thread_was_about(
    environ: Any, here: Scene, tmp_path: Path
) -> None:
    client = await clickhouse.open_client(here.settings.clickhouse)
    await ensure(client)
    await client.close()

    def answer(asked: dict[str, Any]) -> bytes:
        shortens = "Shorten a conversation" in str(asked["messages"][0])
        return text("They asked what the search workload cost." if shortens else "A question.")

    async with (
        endpoint(answer) as scripted,
        worker({**environ, **scripted.environ, "LLM_ROLES": "triage"}, tmp_path, Script(brains="model")),
    ):
        first = await here.ask("hello, I run the search workload")
        for content in (LONG, "hello again", "and again"):
            await here.finished((await here.ask(content, thread_id=first.thread_id)).run_id)
        query = "select digest, analyst from thread_memory where thread_id = $1"
        kept: list[tuple[str, str]] = []

        async def is_kept() -> bool:
            # It is kept after the run has ended.
            kept[:] = [(row["digest"], row["analyst"]) for row in await here.pool.fetch(query, first.thread_id)]
            return bool(kept)

        await eventually(is_kept)
    assert kept == [("They asked what the search workload cost.", "scripted")]

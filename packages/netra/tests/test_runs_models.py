"""Runs with several models: what the event log and the rows say when some of them fail."""

import signal
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from netra_runs import Scene, eventually, scene, settings_of, worker
from netra_stub import KEY, Stub

from netra.agents.builtin.followups import understand
from netra.agents.builtin.plan import calls
from netra.analytics.database import Database
from netra.analytics.generator import GenerationPlan
from netra.analytics.ingest.generated import import_generated
from netra.analytics.queries.profile import profile
from netra.analytics.schema import ensure
from netra.analytics.scope import Scope, TenantReader
from netra.embedded.ports import free_port
from netra.events.union import AgentCompletedData, AgentFailedData, Event
from netra.runs.cancel import request
from netra.runs.export import Exporter
from netra.runs.warehouse import Warehouse
from netra.settings.timeouts import Timeouts
from netra.stores import clickhouse
from netra.stores.spending import spent

QUESTION = "what did my workloads cost by model?"
END = datetime(2026, 11, 20, tzinfo=UTC)
CONFIG = """\
[providers.first]
kind = "openai_compatible"
base_url = "{first}"
key = "LLM_KEY_STUB"

[providers.second]
kind = "openai_compatible"
base_url = "{second}"
key = "LLM_KEY_STUB"

[models.small]
provider = "first"
name = "small"

[models.large]
provider = "second"
name = "scripted"

[roles]
{roles}

[retry]
tries = 2
base_s = 0.05
"""


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


def configured(folder: Path, stub: Stub, roles: str, *, first: str = "") -> dict[str, str]:
    """The variables of a worker whose first provider is gone, unless said otherwise."""
    file = folder / "llm.toml"
    gone = f"http://127.0.0.1:{free_port()}/v1"
    file.write_text(CONFIG.format(first=first or gone, second=f"{stub.url}/v1", roles=roles))
    return {"LLM_CONFIG": str(file), "LLM_KEY_STUB": KEY}


async def rows(here: Scene, run_id: object) -> list[dict[str, Any]]:
    found = await here.pool.fetch("select * from llm_calls where run_id = $1 order by at", run_id)
    return [dict(row.items()) for row in found]


def failed(events: list[Event]) -> AgentFailedData:
    last = events[-1].data
    assert isinstance(last, AgentFailedData)
    return last


async def test_the_log_says_which_model_answered_and_what_failed_before(
    environ: Mapping[str, str], here: Scene, stub: Stub, tmp_path: Path
) -> None:
    await stub.play(text="Look at the largest model.")
    own = configured(tmp_path, stub, 'reporting = ["small", "large"]')
    async with worker({**environ, **own}, tmp_path) as working:
        run_id = (await here.ask(QUESTION)).run_id
        events = await here.finished(run_id)
        assert KEY not in working.log_text()
    thought = next(e.data for e in events if e.type == "agent_thinking" and e.data.failed)
    assert thought.text == "small did not answer (llm_unreachable); asking scripted."
    assert [(call.model, call.provider, call.tries) for call in thought.failed] == [("small", "first", 2)]
    final = events[-1].data
    assert isinstance(final, AgentCompletedData)
    assert final.result["comment"] == "scripted"
    assert "Look at the largest model." in final.answer
    assert [(c.model, c.outcome, c.reason) for c in final.models] == [
        ("small", "failed", "llm_unreachable"),
        ("scripted", "answered", ""),
    ]
    assert [row["outcome"] for row in await rows(here, run_id)] == ["llm_unreachable", "llm_unreachable", "ok"]


async def test_when_no_model_answers_the_run_fails_with_every_one_that_was_asked(
    environ: Mapping[str, str], here: Scene, stub: Stub, tmp_path: Path
) -> None:
    await stub.play(fault="refused_key")
    own = configured(tmp_path, stub, 'triage = ["small", "large"]')
    async with worker({**environ, **own}, tmp_path):
        last = failed(await here.finished((await here.ask(QUESTION)).run_id))
    assert (last.reason, last.component, last.retryable) == ("llm_auth", "llm", False)
    assert [(c.model, c.reason) for c in last.models] == [("small", "llm_unreachable"), ("scripted", "llm_auth")]


async def test_arguments_that_cannot_be_read_are_asked_for_once_more_with_the_error(
    environ: Mapping[str, str], here: Scene, stub: Stub, tmp_path: Path
) -> None:
    call: dict[str, Any] = {"calls": [{"name": "cost_breakdown", "arguments": {"by": "model"}}], "text": ""}
    await stub.play({**call, "fault": "malformed_arguments"}, call, text="done")
    own = {**stub.environ, "LLM_ROLES": "data"}
    async with worker({**environ, **own}, tmp_path):
        events = await here.finished((await here.ask(QUESTION)).run_id)
        assert [e.data.tool for e in events if e.type == "tool_executing" and e.agent == "data"] == ["cost_breakdown"]
        asked = await stub.asked()
        assert "could not be read" not in asked[0]["said"]
        assert "the arguments of cost_breakdown are no JSON object" in asked[1]["said"]
        await stub.play({**call, "fault": "malformed_arguments", "times": 2})
        last = failed(await here.finished((await here.ask(QUESTION)).run_id))
    assert (last.reason, [c.outcome for c in last.models]) == ("llm_malformed", ["answered", "answered"])
    assert len(await stub.asked()) == 2


async def test_a_budget_that_is_used_up_ends_the_run_with_limit_use_and_reset(
    environ: Mapping[str, str], here: Scene, stub: Stub, tmp_path: Path
) -> None:
    await stub.play()
    used = "insert into spending (user_id, day, tokens) values ($1, (now() at time zone 'utc')::date, 300000)"
    await here.pool.execute(used, here.person.user_id)
    async with worker({**environ, **stub.environ, "LLM_ROLES": "reporting"}, tmp_path):
        last = failed(await here.finished((await here.ask(QUESTION)).run_id))
    assert last.reason == "budget_exceeded"
    assert last.budget is not None
    assert (last.budget.name, last.budget.limit, last.budget.used) == ("tokens_per_day", 200_000, 300_000)
    assert timedelta() < last.budget.resets_at - datetime.now(UTC) <= timedelta(days=1)
    assert await stub.asked() == []


async def test_a_run_is_cancelled_in_the_middle_of_a_call_at_once_and_the_call_has_its_row(
    environ: Mapping[str, str], here: Scene, stub: Stub, tmp_path: Path
) -> None:
    await stub.play(fault="hang_mid_stream")
    async with worker({**environ, **stub.environ, "LLM_ROLES": "triage"}, tmp_path):
        run_id = (await here.ask(QUESTION)).run_id

        async def asked() -> bool:
            return bool(await stub.asked())

        await eventually(asked)
        wanted = datetime.now(UTC)
        await request(here.pool, here.publisher, run_id, by=here.person.email)
        events = await here.finished(run_id)
        assert events[-1].type == "run_cancelled"
        assert (events[-1].at - wanted).total_seconds() < 5, "one second where nothing else runs; a hang would be 20"

        async def told() -> bool:
            return [row["outcome"] for row in await rows(here, run_id)] == ["cancelled"]

        await eventually(told)


@pytest.mark.slow
async def test_calls_of_a_killed_worker_count_and_all_are_asked_about_as_workload_netra(
    environ: Mapping[str, str], here: Scene, stub: Stub, tmp_path: Path
) -> None:
    await stub.play({"fault": "hang"}, text="Look at the largest model.")
    variables = {**environ, **stub.environ, "LLM_ROLES": "triage"}
    async with worker(variables, tmp_path) as first:
        run_id = (await here.ask(QUESTION)).run_id

        async def hanging() -> bool:
            return [row["outcome"] for row in await rows(here, run_id)] == ["open"] and bool(await stub.asked())

        await eventually(hanging)
        first.kill(signal.SIGKILL)
        async with worker(variables, tmp_path):
            await here.finished(run_id)
    warehouse = Warehouse(here.settings.clickhouse, Timeouts())
    try:
        reader = TenantReader(Database(await warehouse.client()), here.person.tenant_id)
        before = await profile(reader, Scope())
        exporter = Exporter(here.pool, warehouse, lost_s=0)
        await exporter.export()
        await exporter.export()
        cut, ok = await rows(here, run_id)
        assert (cut["outcome"], cut["estimated"], ok["outcome"], ok["estimated"]) == ("cut", True, "ok", False)
        used = await spent(here.pool, here.person.user_id)
        assert used.tokens == sum(row["input_tokens"] + row["output_tokens"] for row in (cut, ok))
        own = await profile(reader, Scope(workloads=("netra",)))
        assert (own.requests, own.errors, own.unpriced) == (2, 1, 2)
        assert await profile(reader, Scope()) == before
    finally:
        await warehouse.aclose()


@pytest.mark.parametrize(
    ("question", "workloads"),
    [
        ("what did netra itself cost?", ["netra"]),
        ("how many tokens did workload netra use?", ["netra"]),
        ("netra, what did my workloads cost?", None),
    ],
)
async def test_a_question_about_netra_itself_narrows_to_its_workload(
    here: Scene, question: str, workloads: list[str] | None
) -> None:
    client = await clickhouse.open_client(here.settings.clickhouse)
    data = await profile(TenantReader(Database(client), here.person.tenant_id), Scope())
    await client.close()
    planned = calls(understand(question, END), data.model_dump(mode="json"))
    assert planned
    assert {str(call.arguments.get("workloads")) for call in planned} == {str(workloads)}

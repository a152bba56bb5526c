"""Logs with what this revision did not write, and text that no database can hold: every run ends, with its cause."""

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from uuid import UUID

import pytest
from netra_models import endpoint, text
from netra_runs import Scene, Script, eventually, scene, settings_of, worker

from netra.analytics.schema import ensure
from netra.events.union import AgentCompletedData, AgentStartedData, AnswerDeltaData, ToolExecutingData
from netra.runs import read
from netra.runs.frames import Said
from netra.runs.leases import Leases
from netra.runs.sweeper import Sweeper
from netra.stores import clickhouse

STARTED = Said("triage", AgentStartedData(task="t"))


@pytest.fixture
async def here(environ: Mapping[str, str]) -> AsyncGenerator[Scene]:
    async with scene(settings_of(environ)) as made:
        await made.pool.execute("delete from runs where status in ('queued', 'running')")
        yield made


async def lost(here: Scene, *said: Said, deadline_s: float = 60) -> UUID:
    """A run whose worker said this and was lost."""
    run = await here.ask(deadline_s=deadline_s)
    (claim,) = await Leases(here.pool, owner="gone", revision=here.settings.revision, lease_s=0.1).claim(1)
    await here.log.append(claim.run_id, claim.attempt, [STARTED, *said])
    return run.run_id


async def adds(here: Scene, run_id: UUID, kind: str, data: str) -> None:
    """As a newer revision would have."""
    row = "insert into run_events select id, last_seq + 1, $2, 'triage', now(), $3::text::jsonb from runs where id = $1"
    await here.pool.execute(row, run_id, kind, data)
    await here.pool.execute("update runs set last_seq = last_seq + 1 where id = $1", run_id)


async def rows(here: Scene, run_id: UUID) -> list[tuple[str, str]]:
    found = await here.pool.fetch("select type, data->>'reason' from run_events where run_id = $1 order by seq", run_id)
    return [(row[0], row[1]) for row in found]


async def test_a_run_with_an_event_that_nobody_knows_is_swept_and_holds_up_no_other(here: Scene) -> None:
    call = Said("triage", ToolExecutingData(call_id="c", tool="t", arguments={}))
    odd, plain = await lost(here, call, deadline_s=-5), await lost(here, deadline_s=-5)
    await adds(here, odd, "agent_dreaming", '{"of": "sheep"}')
    swept = await Sweeper(here.pool, here.log, name="s").sweep()
    assert sorted(swept) == sorted([odd, plain])
    assert (await rows(here, odd))[-2:] == [("tool_completed", None), ("agent_failed", "deadline")]
    assert (await read.get(here.pool, here.person, odd)).status == "failed"
    await here.finished(plain)


async def test_a_run_that_the_database_will_not_end_holds_up_no_other(here: Scene) -> None:
    stuck, plain = await lost(here, deadline_s=-5), await lost(here, deadline_s=-5)
    await here.pool.execute(
        "create function refuse() returns trigger language plpgsql as $$ begin raise 'not this one'; end $$"
    )
    await here.pool.execute(
        f"create trigger refuse before insert on run_events for each row when (new.run_id = '{stuck}')"
        " execute function refuse()"
    )
    assert await Sweeper(here.pool, here.log, name="s").sweep() == [plain]
    await here.pool.execute("drop trigger refuse on run_events")
    await here.pool.execute("update runs set lease_until = now() where id = $1", stuck)
    assert await Sweeper(here.pool, here.log, name="s").sweep() == [stuck]


async def test_a_worker_ends_a_run_that_it_cannot_read_and_goes_on_with_one_that_says_more(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    odd, richer = await lost(here), await lost(here)
    await adds(here, odd, "agent_dreaming", "{}")
    await adds(here, richer, "agent_thinking", '{"text": "hm", "step": 1, "mood": "fine"}')
    async with worker(environ, tmp_path, Script(calls=1)):
        events = await here.finished(richer)

        async def ended() -> bool:
            return (await read.get(here.pool, here.person, odd)).status == "failed"

        await eventually(ended)
    assert isinstance(events[-1].data, AgentCompletedData)
    assert (await rows(here, odd))[-1] == ("agent_failed", "internal")
    assert (await read.get(here.pool, here.person, odd)).attempt == 2


async def test_what_a_model_says_that_cannot_be_kept_is_said_readably(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    client = await clickhouse.open_client(here.settings.clickhouse)
    await ensure(client)
    await client.close()
    said = "It has \x00 and \ud800 in it. "
    async with (
        endpoint(lambda _: text(said)) as odd,
        worker({**environ, **odd.environ, "LLM_ROLES": "triage,reporting"}, tmp_path) as working,
    ):
        events = await here.finished((await here.ask("hello")).run_id)
    final = events[-1].data
    assert isinstance(final, AgentCompletedData), working.log_text()
    assert "It has \ufffd and \ufffd in it." in final.answer
    assert final.answer == "".join(e.data.text for e in events if isinstance(e.data, AnswerDeltaData))
    kept = "select content from messages where run_id = $1 and role = 'assistant'"
    assert await here.pool.fetchval(kept, events[0].run_id) == final.answer

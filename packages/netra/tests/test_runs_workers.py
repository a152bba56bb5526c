"""Runs in real worker processes: killed, frozen, told to stop, too slow, too many."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from uuid import UUID

import pytest
from netra_doors import Door
from netra_runs import Journal, Scene, Script, eventually, scene, settings_of, worker

from netra.events.union import AgentCompletedData, AgentFailedData, Event, RunCancelledData, ToolCompletedData
from netra.runs import cancel, read

TAKE_OVER_S = 10.0


@pytest.fixture
async def here(environ: Mapping[str, str]) -> AsyncGenerator[Scene]:
    async with scene(settings_of(environ)) as made:
        yield made


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def calls_done(events: list[Event]) -> int:
    return sum(event.type == "tool_completed" for event in events)


def begun(events: list[Event]) -> int:
    return sum(event.type == "tool_executing" for event in events)


async def test_an_ordinary_run_obeys_the_laws_and_its_answer_is_what_was_said(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    async with worker(environ, tmp_path, Script(calls=3, words=200)):
        events = await here.finished((await here.ask()).run_id)
    order = [f"{event.agent}:{event.type}" for event in events if event.type != "answer_delta"]
    tool = ["data:agent_thinking", "data:tool_executing", "data:tool_completed"]
    handed = ["agent_completed", "agent_handoff"]
    assert order == [
        "run:run_queued",
        *(f"triage:{kind}" for kind in ("agent_started", "agent_thinking", *handed)),
        "data:agent_started",
        *tool * 3,
        *(f"data:{kind}" for kind in handed),
        "reporting:agent_started",
        "reporting:agent_completed",
    ]
    said = "".join(event.data.text for event in events if event.type == "answer_delta")
    final = events[-1].data
    assert isinstance(final, AgentCompletedData)
    assert final.answer == said == " ".join(f"word{number}" for number in range(200))


async def test_after_kill_9_another_worker_finishes_within_ten_seconds_and_repeats_no_finished_call(
    environ: Mapping[str, str], here: Scene, tmp_path: Path, journal: Journal
) -> None:
    script = Script(calls=4, seconds=0.5, journal=str(journal.path))
    async with worker(environ, tmp_path, script) as first, worker(environ, tmp_path, script) as second:
        run = await here.ask()
        following = asyncio.create_task(here.finished(run.run_id))
        await here.until(run.run_id, lambda events: calls_done(events) >= 2 and begun(events) > calls_done(events))
        victim = journal.notes()[0][2]
        (first if first.pid == victim else second).kill(signal.SIGKILL)
        async with asyncio.timeout(TAKE_OVER_S):
            events = await following
    assert calls_done(events) == 4
    assert all(e.data.status == "ok" for e in events if isinstance(e.data, ToolCompletedData))
    notes = journal.notes()
    assert sorted(number for what, number, _ in notes if what == "end") == [1, 2, 3, 4]
    assert len({pid for _, _, pid in notes}) == 2
    assert (await read.get(here.pool, here.person, run.run_id)).attempt == 2


async def test_a_call_that_may_not_be_repeated_is_reported_as_unknown_after_kill_9(
    environ: Mapping[str, str], here: Scene, tmp_path: Path, journal: Journal
) -> None:
    script = Script(calls=2, seconds=1.0, idempotent=False, journal=str(journal.path))
    async with worker(environ, tmp_path, script) as first:
        run = await here.ask()

        async def second_begun() -> bool:
            return ("begin", 2) in [note[:2] for note in journal.notes()]

        await eventually(second_begun)
        first.kill(signal.SIGKILL)
        async with worker(environ, tmp_path, script):
            events = await here.finished(run.run_id)
    statuses = [event.data.status for event in events if isinstance(event.data, ToolCompletedData)]
    assert statuses == ["ok", "unknown"]
    assert [note[:2] for note in journal.notes()].count(("begin", 2)) == 1


async def test_a_frozen_worker_is_replaced_and_cannot_write_when_it_continues(
    environ: Mapping[str, str], here: Scene, tmp_path: Path, journal: Journal
) -> None:
    script = Script(calls=3, seconds=0.7, journal=str(journal.path))
    async with worker(environ, tmp_path, script) as frozen:
        run = await here.ask()
        await here.until(run.run_id, lambda events: begun(events) == 2)
        frozen.kill(signal.SIGSTOP)
        async with worker(environ, tmp_path, script):
            events = await here.finished(run.run_id, within_s=TAKE_OVER_S + 5)
            frozen.kill(signal.SIGCONT)
            after = await here.ask()
            await here.finished(after.run_id)

            async def knows() -> bool:
                return frozen.said("is not mine any more")

            await eventually(knows)
            assert await here.log.read(run.run_id) == events
    assert calls_done(events) == 3
    assert (await read.get(here.pool, here.person, run.run_id)).attempt == 2


async def test_a_worker_told_to_stop_hands_its_run_over_at_once(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    script = Script(calls=6, seconds=1.2)
    async with worker(environ, tmp_path, script) as leaving, worker(environ, tmp_path, Script(calls=6, seconds=0.1)):
        run = await here.ask()
        await here.until(run.run_id, lambda events: begun(events) >= 1)
        leaving.kill(signal.SIGTERM)
        events = await here.finished(run.run_id)
        assert await asyncio.wait_for(leaving.process.wait(), 10) == 0 or not leaving.lines()
    assert calls_done(events) == 6


async def test_two_messages_of_a_thread_run_in_order_and_other_threads_do_not_wait(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    async with worker(environ, tmp_path, Script(calls=1, seconds=0.6)):
        first = await here.ask("cost of one?")
        second = await here.ask("cost of two?", thread_id=first.thread_id)
        other = await here.ask("cost of three?")
        logs = [await here.finished(run.run_id) for run in (first, second, other)]
    ended, begun_at = logs[0][-1].at, logs[1][1].at
    assert ended <= begun_at
    assert (begun_at - ended).total_seconds() < 0.4, "the end of a run wakes the next of its thread"
    assert logs[2][1].at < ended


async def test_cancel_ends_a_running_run_within_a_second_and_leaves_no_call_open(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    async with worker(environ, tmp_path, Script(calls=1, seconds=20)):
        run = await here.ask()
        await here.until(run.run_id, lambda events: begun(events) == 1)
        assert await cancel.request(here.pool, here.publisher, run.run_id, by="ada@example.com") == "requested"
        events = await here.finished(run.run_id, within_s=3)
        assert isinstance(events[-1].data, RunCancelledData)
        assert events[-1].data.by == "ada@example.com"
    assert (await read.get(here.pool, here.person, run.run_id)).status == "cancelled"


async def test_the_deadline_ends_a_run_that_is_too_slow_and_one_that_got_no_slot(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    async with worker(environ, tmp_path, Script(calls=1, seconds=20, concurrency=1)):
        slow = await here.ask(deadline_s=1.5)
        await here.until(slow.run_id, lambda events: begun(events) == 1)
        blocker = await here.ask(deadline_s=20)
        waiting = await here.ask(deadline_s=0.5)
        for run in (slow, waiting):
            last = (await here.finished(run.run_id, within_s=6))[-1]
            assert isinstance(last.data, AgentFailedData)
            assert last.data.reason == "deadline"
        assert (await read.get(here.pool, here.person, blocker.run_id)).status in ("queued", "running")
        await cancel.request(here.pool, here.publisher, blocker.run_id, by="test")
        await here.finished(blocker.run_id)


async def test_two_workers_share_many_runs_and_none_is_lost_or_done_twice(
    environ: Mapping[str, str], here: Scene, tmp_path: Path, journal: Journal
) -> None:
    script = Script(calls=2, seconds=0.01, journal=str(journal.path))
    async with worker(environ, tmp_path, script), worker(environ, tmp_path, script):
        runs = [await here.ask() for _ in range(30)]
        logs = await asyncio.gather(*(here.finished(run.run_id) for run in runs))
    assert all(isinstance(log[-1].data, AgentCompletedData) for log in logs)
    assert len(journal.notes()) == 30 * 2 * 2


async def test_the_deadline_ends_a_run_when_no_worker_is_alive(door: Door, here: Scene) -> None:
    """The web process sweeps too; here it is the only process there is."""
    person = await door.person()
    run_id = UUID((await door.post(person, "cost?"))["run_id"])
    await here.pool.execute("update runs set deadline_at = now() - interval '2 seconds' where id = $1", run_id)
    last = (await here.finished(run_id, within_s=10))[-1].data
    assert isinstance(last, AgentFailedData)
    assert last.reason == "deadline"

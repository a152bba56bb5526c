"""Approvals: a run that waits for its owner holds nothing, loses nothing, and goes on as it was decided."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from netra_doors import Door, heard, said
from netra_runs import Journal, Scene, Script, new_person, scene, settings_of, worker

from netra.errors import ConflictError, NotFoundError
from netra.events.laws import breaches
from netra.events.union import (
    AgentCompletedData,
    AgentStartedData,
    ApprovalDecidedData,
    ApprovalRequestedData,
    Event,
    RunCancelledData,
)
from netra.runs import cancel, read
from netra.runs.approvals import MOST_REQUESTS, Decision, decide
from netra.runs.frames import Said
from netra.runs.leases import Claim, Leases
from netra.runs.log import Asked, Fence

STARTED = Said("actions", AgentStartedData(task="t"))
CALL = "actions-1"


@pytest.fixture
async def here(environ: Mapping[str, str]) -> AsyncGenerator[Scene]:
    async with scene(settings_of(environ)) as made:
        await made.pool.execute("delete from runs where status in ('queued', 'running')")
        yield made


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def leases(here: Scene) -> Leases:
    return Leases(here.pool, owner="w", revision=here.settings.revision, lease_s=30)


def asked(*, seconds: float = 60) -> Asked:
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    data = ApprovalRequestedData(call_id=CALL, tool="t", arguments={}, why="because", expires_at=until)
    return Asked("actions", data)


async def parked(here: Scene, *, seconds: float = 60) -> Claim:
    """A run whose worker has let go of it."""
    await here.ask()
    (claim,) = await leases(here).claim(1)
    await here.log.park(Fence(claim.run_id, claim.attempt), [STARTED], asked(seconds=seconds), after=1)
    return claim


async def decided(here: Scene, run_id: UUID, *, approved: bool, note: str = "") -> bool:
    """Whether it had been decided so before."""
    decision = Decision(call_id=CALL, approved=approved, note=note)
    return (await decide(here.pool, here.publisher, here.person, run_id, decision)).repeated


def waits(events: list[Event]) -> bool:
    return sum(e.type == "approval_requested" for e in events) > sum(e.type == "approval_decided" for e in events)


async def test_a_run_that_waits_is_nobodys_until_it_is_decided_and_its_own_time_stands_still(here: Scene) -> None:
    claim = await parked(here, seconds=3600)
    assert await leases(here).claim(5) == []
    assert await leases(here).renew([claim]) == []
    view = await read.get(here.pool, here.person, claim.run_id)
    assert view.waiting_until is not None
    left = (view.deadline_at - view.waiting_until).total_seconds()
    assert 50 < left <= 60
    assert not await decided(here, claim.run_id, approved=True, note="do")
    (again,) = await leases(here).claim(5)
    assert (again.run_id, again.attempt, again.parks) == (claim.run_id, 2, 1)
    assert left - 5 < again.seconds_left <= left
    events = await here.log.read(claim.run_id)
    assert not breaches(events, finished=False)
    assert [e.type for e in events[-2:]] == ["approval_requested", "approval_decided"]
    assert (await read.get(here.pool, here.person, claim.run_id)).waiting_until is None


async def test_the_same_request_sent_twice_is_written_once_and_waits_once(here: Scene) -> None:
    await here.ask()
    (claim,) = await leases(here).claim(1)
    fence, request = Fence(claim.run_id, claim.attempt), asked()
    first = await here.log.park(fence, [STARTED], request, after=1)
    assert await here.log.park(fence, [STARTED], request, after=1) == first
    row = await here.pool.fetchrow("select parks, last_seq from runs where id = $1", claim.run_id)
    assert row is not None
    assert (row["parks"], row["last_seq"]) == (1, 3)
    with pytest.raises(ConflictError):
        await here.log.append(claim.run_id, claim.attempt + 1, [STARTED])


async def test_a_run_that_waits_holds_up_no_later_message_of_its_thread(here: Scene) -> None:
    claim = await parked(here)
    later = await here.ask(thread_id=claim.thread_id)
    assert [taken.run_id for taken in await leases(here).claim(5)] == [later.run_id]
    await decided(here, claim.run_id, approved=False)
    assert [taken.run_id for taken in await leases(here).claim(5)] == [claim.run_id]


async def test_only_the_owner_decides_once_and_in_time(here: Scene) -> None:
    claim, late = await parked(here), await parked(here, seconds=-1)
    stranger = replace(here, person=await new_person(here.pool))
    with pytest.raises(NotFoundError):
        await decided(stranger, claim.run_id, approved=True)
    with pytest.raises(NotFoundError):
        await decide(here.pool, here.publisher, here.person, claim.run_id, Decision(call_id="actions-2", approved=True))
    answers = await asyncio.gather(*(decided(here, claim.run_id, approved=True) for _ in range(5)))
    assert sorted(answers) == [False] + [True] * 4
    with pytest.raises(ConflictError, match="otherwise"):
        await decided(here, claim.run_id, approved=False)
    with pytest.raises(ConflictError, match="any more"):
        await decided(here, late.run_id, approved=True)
    assert len(await leases(here).claim(5)) == 2


async def test_a_run_that_waits_and_is_to_end_is_claimable_at_once(here: Scene) -> None:
    claim = await parked(here)
    assert await cancel.request(here.pool, here.publisher, claim.run_id, by="ada") == "requested"
    with pytest.raises(ConflictError):
        await decided(here, claim.run_id, approved=True)
    (again,) = await leases(here).claim(5)
    assert again.cancel_requested_by == "ada"
    assert again.seconds_left <= 60


async def test_what_is_approved_is_done_once_and_what_is_refused_never_by_either_door(
    door: Door, environ: Mapping[str, str], tmp_path: Path, journal: Journal
) -> None:
    """The front door: events over the socket, one decision by HTTP and one over the socket."""
    script = Script(effect=True, idempotent=False, calls=2, journal=str(journal.path))
    person = await door.person()
    async with worker(environ, tmp_path, script), door.socket(person) as socket:
        await said(socket, type="user_message", content="set my budget to 500")
        accepted = await heard(socket)
        first = await until_heard(socket, "approval_requested")
        assert first["data"]["arguments"] == {"number": 1}
        assert first["data"]["why"] == "step 1 is next"
        assert journal.notes() == []
        address = f"/api/runs/{accepted['run_id']}/approvals/actions-1"
        other = await door.person()
        for who, body, status in (
            (other, {"approved": True}, 404),
            (person, {"approved": "perhaps"}, 422),
            (person, {"approved": True, "note": "go"}, 200),
            (person, {"approved": True}, 200),
            (person, {"approved": False}, 409),
        ):
            answer = await door.http.post(address, json=body, headers=who.headers)
            assert answer.status_code == status, answer.text
        await until_heard(socket, "approval_requested")
        refusal = {"type": "approve", "run_id": accepted["run_id"], "call_id": "actions-2", "approved": False}
        await said(socket, **refusal, note="not that")
        assert (await until_heard(socket, "approval_decided"))["data"]["note"] == "not that"
        last = await until_heard(socket, "agent_completed", agent="reporting")
        await said(socket, **{**refusal, "approved": True})
        assert (await until_heard(socket, "error"))["code"] == "conflict"
    assert last["data"]["final"]
    assert [(what, number) for what, number, _ in journal.notes()] == [("begin", 1), ("end", 1)]


async def until_heard(socket: Any, kind: str, agent: str = "") -> dict[str, Any]:
    """The next frame of that type."""
    while True:
        frame = await heard(socket, timeout_s=30)
        if frame["type"] == kind and (not agent or frame["agent"] == agent):
            return frame


@pytest.mark.slow
async def test_a_run_that_waits_holds_no_slot_and_outlives_every_worker(
    environ: Mapping[str, str], here: Scene, tmp_path: Path, journal: Journal
) -> None:
    script = Script(effect=True, idempotent=False, calls=1, concurrency=1, journal=str(journal.path))
    async with worker(environ, tmp_path, script) as first:
        runs = [(await here.ask()).run_id for _ in range(3)]
        for run_id in runs:
            await here.until(run_id, waits)
        first.kill(signal.SIGKILL)
    for run_id, approved in zip(runs, (True, True, False), strict=True):
        await decided(here, run_id, approved=approved)
    async with worker(environ, tmp_path, script):
        logs = [await here.finished(run_id) for run_id in runs]
    results = [next(e.data.result for e in log if e.type == "agent_completed" and e.agent == "actions") for log in logs]
    assert [result["found"] for result in results] == [["ok"], ["ok"], ["refused"]]
    assert [what for what, _, _ in journal.notes()] == ["begin", "end"] * 2
    assert all(isinstance(log[-1].data, AgentCompletedData) for log in logs)


@pytest.mark.slow
async def test_a_call_that_was_approved_and_whose_worker_died_in_it_is_not_made_again(
    environ: Mapping[str, str], here: Scene, tmp_path: Path, journal: Journal
) -> None:
    script = Script(effect=True, idempotent=False, calls=1, seconds=2, journal=str(journal.path))
    async with worker(environ, tmp_path, script) as first:
        run = await here.ask()
        await here.until(run.run_id, waits)
        await decided(here, run.run_id, approved=True)
        await here.until(run.run_id, lambda _: bool(journal.notes()))
        first.kill(signal.SIGKILL)
        async with worker(environ, tmp_path, script):
            events = await here.finished(run.run_id)
    assert [e.data.status for e in events if e.type == "tool_completed"] == ["unknown"]
    assert [what for what, _, _ in journal.notes()] == ["begin"]
    assert sum(e.type == "approval_requested" for e in events) == 1


@pytest.mark.slow
async def test_a_run_that_asks_again_and_again_is_not_listened_to_for_ever(
    environ: Mapping[str, str], here: Scene, tmp_path: Path, journal: Journal
) -> None:
    script = Script(effect=True, calls=MOST_REQUESTS + 5, journal=str(journal.path))
    async with worker(environ, tmp_path, script):
        run = await here.ask()
        for number in range(1, MOST_REQUESTS + 1):
            await here.until(run.run_id, waits)
            decision = Decision(call_id=f"actions-{number}", approved=False)
            await decide(here.pool, here.publisher, here.person, run.run_id, decision)
        events = await here.finished(run.run_id)
    last = events[-1].data
    assert isinstance(last, AgentCompletedData)
    assert f"asked for {MOST_REQUESTS} approvals" in str(last.result["failed"])
    assert journal.notes() == []


@pytest.mark.slow
async def test_what_nobody_decides_is_refused_when_time_is_up_and_a_cancel_ends_what_waits(
    environ: Mapping[str, str], here: Scene, tmp_path: Path, journal: Journal
) -> None:
    script = Script(effect=True, calls=1, approval_s=2, journal=str(journal.path))
    async with worker(environ, tmp_path, script):
        left, ended = await here.ask(deadline_s=5), await here.ask()
        await here.until(ended.run_id, waits)
        assert await cancel.request(here.pool, here.publisher, ended.run_id, by="owner") == "requested"
        cancelled = await here.finished(ended.run_id, within_s=3)
        events = await here.finished(left.run_id)
    decisions = [e.data for e in (*cancelled, *events) if isinstance(e.data, ApprovalDecidedData)]
    assert [(d.approved, d.by) for d in decisions] == [(False, "end of run"), (False, "expiry")]
    assert isinstance(cancelled[-1].data, RunCancelledData)
    assert isinstance(events[-1].data, AgentCompletedData)
    assert journal.notes() == []

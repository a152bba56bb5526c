"""Accept, append, cancel, sweep: what the database lets happen."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from uuid import uuid4

import pytest
from netra_runs import Scene, new_person, scene

from netra.errors import ConflictError, InvalidError, NotFoundError
from netra.events.union import (
    AgentCompletedData,
    AgentFailedData,
    AgentStartedData,
    AnswerDeltaData,
    RunCancelled,
    RunQueued,
)
from netra.runs import cancel, read
from netra.runs.frames import Said
from netra.runs.leases import Claim, Leases
from netra.runs.sweeper import Sweeper
from netra.settings.model import Settings

STARTED = Said("triage", AgentStartedData(task="t"))
FINAL = Said("triage", AgentCompletedData(result={}, final=True, answer="42", ms=1))


@pytest.fixture
async def here(settings: Settings) -> AsyncGenerator[Scene]:
    async with scene(settings) as made:
        # A run that an earlier test left open is nobody's business here.
        await made.pool.execute("delete from runs where status in ('queued', 'running')")
        yield made


def leases(here: Scene, owner: str, *, lease_s: float = 30.0, revision: str = "") -> Leases:
    return Leases(here.pool, owner=owner, revision=revision or here.settings.revision, lease_s=lease_s)


async def claimed(here: Scene, owner: str = "w1", *, lease_s: float = 30.0) -> Claim:
    (claim,) = await leases(here, owner, lease_s=lease_s).claim(1)
    return claim


async def test_a_message_becomes_thread_message_run_and_first_event(here: Scene) -> None:
    accepted = await here.ask("  what did gpt-4o cost?\nand why")
    (first,) = await here.log.read(accepted.run_id)
    assert isinstance(first, RunQueued)
    assert (first.seq, first.agent, first.data.message_id) == (1, "run", accepted.message_id)
    thread = await here.pool.fetchrow("select title, user_id from threads where id = $1", accepted.thread_id)
    assert thread is not None
    assert (thread["title"], thread["user_id"]) == ("what did gpt-4o cost?", here.person.user_id)
    view = await read.get(here.pool, here.person, accepted.run_id)
    assert (view.status, view.last_seq, view.message_id) == ("queued", 1, accepted.message_id)
    with pytest.raises(NotFoundError):
        await read.get(here.pool, await new_person(here.pool), accepted.run_id)


async def test_only_the_owner_of_an_active_thread_may_add_to_it(here: Scene) -> None:
    accepted = await here.ask()
    stranger = await new_person(here.pool)
    there = replace(here, person=stranger)
    with pytest.raises(NotFoundError):
        await there.ask(thread_id=accepted.thread_id)
    with pytest.raises(NotFoundError):
        await here.ask(thread_id=uuid4())
    await here.pool.execute("update threads set status = 'archived' where id = $1", accepted.thread_id)
    with pytest.raises(NotFoundError):
        await here.ask(thread_id=accepted.thread_id)


@pytest.mark.parametrize("content", ["", " \n\t", "a\x00b", "lone \ud800 half"])
async def test_text_that_cannot_be_kept_is_refused_by_name(here: Scene, content: str) -> None:
    with pytest.raises(InvalidError) as refused:
        await here.ask(content)
    assert refused.value.where == "content"


async def test_a_message_sent_again_is_accepted_once_however_many_send_it_at_once(here: Scene) -> None:
    answers = await asyncio.gather(*(here.ask("cost?", sent_as="mine-1") for _ in range(8)))
    assert len({answer.run_id for answer in answers}) == 1
    assert sorted(answer.repeated for answer in answers) == [False] + [True] * 7
    again = await here.ask("cost?", sent_as="mine-1", thread_id=answers[0].thread_id)
    assert (again.run_id, again.repeated) == (answers[0].run_id, True)
    count = "select count(*) from messages where run_id = $1"
    assert await here.pool.fetchval(count, answers[0].run_id) == 1
    stranger = replace(here, person=await new_person(here.pool))
    assert (await stranger.ask("cost?", sent_as="mine-1")).run_id != answers[0].run_id


async def test_an_id_that_stands_for_another_message_is_refused(here: Scene) -> None:
    accepted = await here.ask("cost?", sent_as="mine-2")
    elsewhere = await here.ask("other")
    with pytest.raises(ConflictError) as refused:
        await here.ask("tokens?", sent_as="mine-2")
    assert refused.value.where == "client_message_id"
    with pytest.raises(ConflictError):
        await here.ask("cost?", sent_as="mine-2", thread_id=elsewhere.thread_id)
    assert (await here.ask("cost?", sent_as="mine-2")).run_id == accepted.run_id


async def test_a_refused_message_leaves_its_id_free(here: Scene) -> None:
    first = await here.ask("1")
    with pytest.raises(ConflictError):
        await here.ask("2", thread_id=first.thread_id, policy="reject", sent_as="mine-3")
    assert not (await here.ask("2", thread_id=first.thread_id, sent_as="mine-3")).repeated


async def test_runs_of_a_thread_are_claimed_one_after_another_and_of_threads_side_by_side(here: Scene) -> None:
    first = await here.ask("1")
    second = await here.ask("2", thread_id=first.thread_id)
    other = await here.ask("3")
    claims = await leases(here, "w1").claim(10)
    assert [claim.run_id for claim in claims] == [first.run_id, other.run_id]
    assert await leases(here, "w2").claim(10) == []
    await here.log.append(first.run_id, 1, [STARTED, FINAL])
    (claim,) = await leases(here, "w2").claim(10)
    assert claim.run_id == second.run_id
    assert [(said.role, said.content) for said in claim.history] == [("user", "1"), ("assistant", "42")]


async def test_a_claim_is_taken_once_however_many_ask(here: Scene) -> None:
    runs = {(await here.ask()).run_id for _ in range(8)}
    taken = await asyncio.gather(*(leases(here, f"w{number}").claim(2) for number in range(8)))
    claimed_ids = [claim.run_id for claims in taken for claim in claims]
    assert sorted(claimed_ids) == sorted(runs)


async def test_an_expired_lease_is_taken_over_and_the_old_attempt_may_not_write(here: Scene) -> None:
    accepted = await here.ask()
    old = await claimed(here, "w1", lease_s=0.0)
    await here.log.append(old.run_id, old.attempt, [STARTED])
    new = await claimed(here, "w2")
    assert (new.run_id, new.attempt, new.last_seq) == (accepted.run_id, 2, 2)
    with pytest.raises(ConflictError):
        await here.log.append(old.run_id, old.attempt, [FINAL])
    assert await leases(here, "w1").renew([old]) == []
    assert [run_id for run_id, _ in await leases(here, "w2").renew([new])] == [new.run_id]
    await here.log.append(new.run_id, new.attempt, [FINAL])
    assert [event.seq for event in await here.finished(accepted.run_id)] == [1, 2, 3]


async def test_a_worker_that_is_late_makes_sure_of_its_run_before_it_makes_a_call(here: Scene) -> None:
    await here.ask()
    late = leases(here, "w1", lease_s=0.0)
    (claim,) = await late.claim(1)
    await late.keep(claim)
    await claimed(here, "w2")
    with pytest.raises(ConflictError):
        await late.keep(claim)


async def test_a_released_lease_is_taken_over_at_once(here: Scene) -> None:
    await here.ask()
    claim = await claimed(here, "w1")
    assert await leases(here, "w2").claim(1) == []
    await leases(here, "w1").release([claim])
    assert (await claimed(here, "w2")).attempt == 2


async def test_runs_of_another_revision_wait_for_its_workers_while_one_lives(here: Scene) -> None:
    await here.ask()
    await here.pool.execute("update runs set created_at = now() - interval '1 minute' where status = 'queued'")
    seen = "insert into workers (id, revision, host, pid) values ($1, $2, 'h', 1)"
    await here.pool.execute(seen, "living", here.settings.revision)
    assert await leases(here, "w1", revision="other").claim(1) == []
    await here.pool.execute("update workers set seen_at = now() - interval '1 minute' where id = 'living'")
    assert len(await leases(here, "w1", revision="other").claim(1)) == 1


async def test_nothing_follows_the_end_and_the_end_makes_the_answer_a_message(here: Scene) -> None:
    accepted = await here.ask()
    claim = await claimed(here)
    await here.log.append(claim.run_id, claim.attempt, [STARTED, FINAL])
    with pytest.raises(ConflictError):
        await here.log.append(claim.run_id, claim.attempt, [STARTED])
    view = await read.get(here.pool, here.person, accepted.run_id)
    assert (view.status, view.reason, view.last_seq) == ("completed", "", 3)
    answer = "select content from messages where run_id = $1 and role = 'assistant'"
    assert await here.pool.fetchval(answer, accepted.run_id) == "42"


async def test_the_same_append_sent_twice_is_written_once(here: Scene) -> None:
    accepted = await here.ask()
    claim = await claimed(here)
    batch = [STARTED, Said("triage", AnswerDeltaData(text="a"))]
    first = await here.log.append(claim.run_id, claim.attempt, batch, after=1)
    assert await here.log.append(claim.run_id, claim.attempt, batch, after=1) == first
    await here.log.append(claim.run_id, claim.attempt, [FINAL], after=3)
    await here.log.append(claim.run_id, claim.attempt, [FINAL], after=3)
    with pytest.raises(ConflictError):
        await here.log.append(claim.run_id, claim.attempt, batch, after=1)
    assert len(await here.finished(accepted.run_id)) == 4


async def test_appends_of_one_attempt_at_once_stay_gapless(here: Scene) -> None:
    accepted = await here.ask()
    claim = await claimed(here)
    await here.log.append(claim.run_id, claim.attempt, [STARTED])
    deltas = [[Said("triage", AnswerDeltaData(text=f"{number};"))] * 3 for number in range(10)]
    await asyncio.gather(*(here.log.append(claim.run_id, claim.attempt, batch) for batch in deltas))
    await here.log.append(claim.run_id, claim.attempt, [FINAL])
    assert len(await here.finished(accepted.run_id)) == 33


async def test_text_that_jsonb_cannot_hold_is_kept_readable(here: Scene) -> None:
    accepted = await here.ask()
    claim = await claimed(here)
    odd = 'nul \x00, quote " and ünïcödé 🦜'
    await here.log.append(claim.run_id, claim.attempt, [STARTED, Said("triage", AnswerDeltaData(text=odd)), FINAL])
    said = [event.data.text for event in await here.finished(accepted.run_id) if event.type == "answer_delta"]
    assert said == [odd.replace("\x00", "\ufffd")]


async def test_a_queued_run_is_cancelled_at_once_and_a_running_one_is_told(here: Scene) -> None:
    queued = await here.ask()
    assert await cancel.request(here.pool, here.publisher, queued.run_id, by="ada") == "cancelled"
    *_, last = await here.finished(queued.run_id)
    assert isinstance(last, RunCancelled)
    assert last.data.by == "ada"
    assert await cancel.request(here.pool, here.publisher, queued.run_id, by="ada") == "ended"
    running = await here.ask()
    claim = await claimed(here)
    assert await cancel.request(here.pool, here.publisher, running.run_id, by="bob") == "requested"
    assert await leases(here, "w1").renew([claim]) == [(running.run_id, "bob")]


async def test_a_busy_thread_refuses_or_is_interrupted_when_the_message_says_so(here: Scene) -> None:
    first = await here.ask()
    claim = await claimed(here)
    with pytest.raises(ConflictError):
        await here.ask(thread_id=first.thread_id, policy="reject")
    await here.ask(thread_id=first.thread_id, policy="interrupt")
    assert await leases(here, "w1").renew([claim]) == [(first.run_id, "a newer message")]


async def test_the_sweeper_ends_what_is_past_its_deadline_whoever_holds_it(here: Scene) -> None:
    queued, held, early = await here.ask(deadline_s=-5.0), await here.ask(deadline_s=-5.0), await here.ask()
    claim = next(c for c in await leases(here, "w1").claim(3) if c.run_id == held.run_id)
    await here.pool.execute("update runs set status = 'queued', attempt = 0 where id = $1", queued.run_id)
    swept = await asyncio.gather(*(Sweeper(here.pool, here.log, name=f"s{n}").sweep() for n in range(3)))
    assert sorted(run_id for ended in swept for run_id in ended) == sorted([queued.run_id, held.run_id])
    with pytest.raises(ConflictError):
        await here.log.append(claim.run_id, claim.attempt, [STARTED])
    for run in (queued, held):
        *_, last = await here.finished(run.run_id)
        assert isinstance(last.data, AgentFailedData)
        assert last.data.reason == "deadline"
    assert (await read.get(here.pool, here.person, early.run_id)).status == "running"

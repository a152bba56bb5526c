"""Statements that meet: accepting, interrupting, cancelling, ending and deleting at one moment wait, and all go on."""

import asyncio
import json
import random
from collections.abc import AsyncGenerator
from dataclasses import replace
from uuid import UUID

import pytest
from netra_runs import Scene, new_person, scene

from netra.errors import NetraError
from netra.events.union import AgentCompletedData, RunCancelledData
from netra.runs import cancel
from netra.runs.frames import Said
from netra.runs.leases import Leases
from netra.runs.log import QUERIES
from netra.settings.model import Settings
from netra.stores import postgres
from netra.threads import store as threads

FINAL = Said("run", AgentCompletedData(result={}, final=True, answer="42", ms=1))


@pytest.fixture
async def here(settings: Settings) -> AsyncGenerator[Scene]:
    async with scene(settings) as made:
        await made.pool.execute("delete from runs where status in ('queued', 'running')")
        yield made


async def deadlocks(here: Scene) -> int:
    # A connection tells its counts when it has been idle for a moment, or ends.
    async with postgres.pool(here.settings.postgres) as fresh:
        return await fresh.fetchval("select deadlocks from pg_stat_database where datname = current_database()")


async def test_nothing_that_happens_to_a_thread_at_once_deadlocks(here: Scene) -> None:
    """One person, few threads: interrupts, ends, cancels and deletions in every order."""
    rng = random.Random(11)  # noqa: S311 - nothing secret
    before = await deadlocks(here)
    async with postgres.pool(here.settings.postgres, max_size=16) as pool:
        for _ in range(3):
            there = replace(here, pool=pool, person=await new_person(pool))
            talks = [(await there.ask()).thread_id for _ in range(3)]
            leases = Leases(pool, owner="w", revision=here.settings.revision, lease_s=30)

            async def interrupt(there: Scene, thread_id: UUID) -> None:
                run = await there.ask(thread_id=thread_id, policy="interrupt")
                await cancel.request(there.pool, there.publisher, run.run_id, by="owner")

            async def finish(there: Scene, leases: Leases) -> None:
                claims = await leases.claim(1)
                await leases.renew(claims)
                for claim in claims:
                    await there.log.append(claim.run_id, claim.attempt, [FINAL])

            async def delete(there: Scene) -> None:
                await asyncio.sleep(rng.random() / 4)
                await there.pool.execute("delete from users where id = $1", there.person.user_id)

            work = [interrupt(there, rng.choice(talks)) for _ in range(40)]
            work += [finish(there, leases) for _ in range(40)]
            rng.shuffle(work)
            done = await asyncio.gather(*work, delete(there), return_exceptions=True)
            # Of a person who is gone nothing more is accepted or written; everything else is a fault.
            faults = [repr(error) for error in done if isinstance(error, BaseException) and not expected(error)]
            assert not faults, faults
    await asyncio.sleep(1.5)
    assert await deadlocks(here) == before


def expected(error: BaseException) -> bool:
    return isinstance(error, NetraError) or "foreign key" in str(error)


async def test_a_message_that_interrupts_ends_at_once_what_waits_in_its_thread(here: Scene) -> None:
    first = await here.ask("1")
    (claim,) = await Leases(here.pool, owner="w", revision=here.settings.revision, lease_s=30).claim(1)
    waiting = [await here.ask(str(n), thread_id=first.thread_id) for n in range(3)]
    newest = await here.ask("now", thread_id=first.thread_id, policy="interrupt")
    for run in waiting:
        *_, last = await here.finished(run.run_id, within_s=5)
        assert isinstance(last.data, RunCancelledData)
        assert last.data.by == "a newer message"
    told = "select cancel_requested_by from runs where id = $1 and status = $2"
    assert await here.pool.fetchval(told, claim.run_id, "running") == "a newer message"
    assert await here.pool.fetchval(told, newest.run_id, "queued") == ""


async def test_a_run_accepted_while_its_thread_is_deleted_is_among_those_to_cancel(here: Scene) -> None:
    first = await here.ask("1")
    async with here.pool.acquire() as connection:
        accepting = connection.transaction()
        await accepting.__aenter__()
        second = await replace(here, pool=connection).ask("2", thread_id=first.thread_id)  # pyright: ignore[reportArgumentType] - asking needs no more
        deleting = asyncio.create_task(threads.delete(here.pool, here.person, first.thread_id))
        await waits_for_a_lock(here)
        await accepting.__aexit__(None, None, None)
        assert set(await deleting) == {first.run_id, second.run_id}


async def waits_for_a_lock(here: Scene) -> None:
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    async with asyncio.timeout(10):
        while not await here.pool.fetchval(waiting):  # noqa: ASYNC110 - it happens in the server
            await asyncio.sleep(0.02)


async def test_a_claim_does_not_read_the_messages_of_all_threads(here: Scene) -> None:
    other = await here.ask("another thread")
    many = "insert into messages (thread_id, run_id, role, content) select $1, gen_random_uuid(), 'user', 'x' from "
    await here.pool.execute(many + "generate_series(1, 20000)", other.thread_id)
    await here.pool.execute("analyze messages")
    first = await here.ask("1")
    await here.ask("2", thread_id=first.thread_id)
    plan = await here.pool.fetchval(f"explain (format json) {QUERIES['claim']}", "w", "r", 3.0, 4)
    read = [node for node in nodes(json.loads(plan)[0]["Plan"]) if node.get("Relation Name") == "messages"]
    assert read
    assert all(node["Node Type"] != "Seq Scan" for node in read), read


def nodes(plan: dict[str, object]) -> list[dict[str, object]]:
    inner = plan.get("Plans", [])
    assert isinstance(inner, list)
    return [plan, *(node for part in inner for node in nodes(part))]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - PostgreSQL's JSON

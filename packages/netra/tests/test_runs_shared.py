"""Several workers share all threads: within each thread runs come one after another, in the order of their messages."""

import asyncio
import itertools
import random
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID

import pytest
from netra_runs import Scene, Script, scene, settings_of, worker

from netra.runs.accept import Accepted

THREADS, MESSAGES, WORKERS = 5, 4, 2


@pytest.fixture
async def here(environ: Mapping[str, str]) -> AsyncGenerator[Scene]:
    async with scene(settings_of(environ)) as made:
        yield made


async def conversation(here: Scene, rng: random.Random) -> list[UUID]:
    """A thread into which messages come, some at once, some while others are being answered."""
    first = await here.ask("what did it cost? 0")
    runs: list[Accepted] = [first]
    while len(runs) < MESSAGES:
        await asyncio.sleep(rng.choice((0, 0, 0.03, 0.1)))
        several = range(len(runs), min(len(runs) + rng.randint(1, 2), MESSAGES))
        asked = (here.ask(f"what did it cost? {number}", thread_id=first.thread_id) for number in several)
        runs += await asyncio.gather(*asked)
    return [run.run_id for run in runs]


@pytest.mark.parametrize("seed", [1, 2])
async def test_order_within_each_thread_holds_under_several_workers(
    environ: Mapping[str, str], here: Scene, tmp_path: Path, seed: int
) -> None:
    script = Script(calls=1, seconds=0.05, concurrency=3)
    async with AsyncExitStack() as running:
        workers = [await running.enter_async_context(worker(environ, tmp_path, script)) for _ in range(WORKERS)]
        rngs = [random.Random(seed + n) for n in range(THREADS)]  # noqa: S311 - nothing secret
        talks = await asyncio.gather(*(conversation(here, rng) for rng in rngs))
        logs = {run: await here.finished(run) for talk in talks for run in talk}
        shares = await here.pool.fetch("select lease_owner, count(*) as runs from runs group by lease_owner")
        order = await here.pool.fetch("select id, thread_id from runs order by position")
    assert len({row["lease_owner"] for row in shares if row["lease_owner"]}) >= len(workers)
    for talk in talks:
        in_order = [logs[row["id"]] for row in order if row["id"] in talk]
        for before, after in itertools.pairwise(in_order):
            assert before[-1].at <= after[1].at, "a run began before the one ahead of it had ended"

"""Following a run: from anywhere in its log, by many at once, and while Valkey dies and comes back."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from netra_runs import Scene, Script, eventually, scene, settings_of, worker
from pydantic import SecretStr

from netra.embedded.options import ServerOptions
from netra.embedded.ports import free_port
from netra.embedded.server import Server
from netra.embedded.valkey import start_valkey
from netra.events.union import AgentCompletedData, AgentStartedData, AnswerDeltaData
from netra.runs.frames import Said
from netra.runs.leases import Leases
from netra.runs.subscribe import WAITING_FRAMES
from netra.settings.model import RedisSettings

SECRET = "a-password-of-this-test-alone-and-long"


@pytest.fixture
def valkey(tmp_path: Path) -> ServerOptions:
    """How to start a Valkey that belongs to one test."""
    data = tmp_path / "valkey"
    data.mkdir()
    return ServerOptions(data=data, log=tmp_path / "valkey.log", port=free_port(), password=SecretStr(SECRET))


@pytest.fixture
async def here(environ: Mapping[str, str]) -> AsyncGenerator[Scene]:
    async with scene(settings_of(environ)) as made:
        yield made


async def claimed(here: Scene) -> int:
    claims = await Leases(here.pool, owner="w", revision=here.settings.revision, lease_s=60).claim(1)
    return claims[0].attempt


async def test_a_follower_may_begin_anywhere_and_gets_the_rest(here: Scene) -> None:
    run = await here.ask()
    attempt = await claimed(here)
    followers = [asyncio.create_task(_all(here, run.run_id, after)) for after in (0, 0, 1, 1000)]
    await here.log.append(run.run_id, attempt, [Said("a", AgentStartedData(task="t"))])
    for number in range(5):
        await here.log.append(run.run_id, attempt, [Said("a", AnswerDeltaData(text=str(number)))])
        await asyncio.sleep(0)
    final = AgentCompletedData(result={}, final=True, answer="01234", ms=1)
    await here.log.append(run.run_id, attempt, [Said("a", final)])
    logs = await asyncio.wait_for(asyncio.gather(*followers), 10)
    assert logs[:3] == [list(range(after + 1, 9)) for after in (0, 0, 1)]
    assert logs[3] == list(range(9 - len(logs[3]), 9)), "who claims more than there is gets what comes from then on"


async def test_who_has_seen_the_end_or_asks_for_no_run_is_not_kept_waiting(here: Scene) -> None:
    run = await here.ask()
    attempt = await claimed(here)
    final = AgentCompletedData(result={}, final=True, answer="x", ms=1)
    await here.log.append(run.run_id, attempt, [Said("a", AgentStartedData(task="t")), Said("a", final)])
    assert await asyncio.wait_for(_all(here, run.run_id, 3), 5) == []
    assert await asyncio.wait_for(_all(here, run.run_id, 99), 5) == []
    assert await asyncio.wait_for(_all(here, uuid4(), 0), 5) == []


async def test_a_slow_follower_of_a_long_run_misses_nothing(here: Scene) -> None:
    run = await here.ask()
    attempt = await claimed(here)
    slow = here.feed.frames(run.run_id)
    first = await anext(slow)
    await here.log.append(run.run_id, attempt, [Said("a", AgentStartedData(task="t"))])
    for _ in range(3):
        said = [Said("a", AnswerDeltaData(text="x"))] * (WAITING_FRAMES // 2)
        await here.log.append(run.run_id, attempt, said)
    final = AgentCompletedData(result={}, final=True, answer="x", ms=1)
    await here.log.append(run.run_id, attempt, [Said("a", final)])
    seqs = [first.seq, *[frame.seq async for frame in slow]]
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) == 3 + 3 * (WAITING_FRAMES // 2)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_follower_gets_everything_while_valkey_dies_or_freezes(
    environ: Mapping[str, str], valkey: ServerOptions, tmp_path: Path, number: signal.Signals
) -> None:
    server = await start_valkey(valkey)
    settings = settings_of(environ).model_copy(
        update={"redis": RedisSettings(host="127.0.0.1", port=valkey.port, password=SecretStr(SECRET))}
    )
    own = {**environ, "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(valkey.port), "REDIS_PASSWORD": SECRET}
    try:
        async with scene(settings) as here, worker(own, tmp_path, Script(calls=5, seconds=0.3)):
            run = await here.ask()
            following = asyncio.create_task(here.finished(run.run_id))
            await here.until(run.run_id, lambda events: len(events) > 8)
            server.child.process.send_signal(number)
            events = await following
            assert sum(event.type == "tool_completed" for event in events) == 5
            server = await _again(server, valkey, number)

            async def live() -> bool:
                return here.feed.live

            await eventually(live)
            await here.finished((await here.ask()).run_id)
    finally:
        server.child.process.send_signal(signal.SIGCONT)
        await server.stop()


async def _again(server: Server, options: ServerOptions, number: signal.Signals) -> Server:
    if number == signal.SIGSTOP:
        server.child.process.send_signal(signal.SIGCONT)
        return server
    await server.stop()
    return await start_valkey(options)


async def _all(here: Scene, run_id: UUID, after: int) -> list[int]:
    return [frame.seq async for frame in here.feed.frames(run_id, after)]

"""A process that everything hangs on is killed under a run, as a power cut would: who resumes sees each event once."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from netra_doors import Door, Person, frames_until_closed, heard, opened, said, said_and_heard
from netra_runs import Journal, Script, worker
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection

from netra.analytics.schema import ensure
from netra.embedded.clickhouse import start_clickhouse
from netra.embedded.failures import HeldError
from netra.embedded.options import ServerOptions
from netra.embedded.ports import free_port
from netra.embedded.postgres import start_postgres
from netra.embedded.server import Server
from netra.events.laws import breaches
from netra.events.union import EVENTS
from netra.settings.contract import load
from netra.stores import clickhouse, migrations, postgres

pytestmark = pytest.mark.slow
PASSWORD = "a-password-of-this-test-alone-and-long"
Frames = list[dict[str, Any]]


@dataclass(kw_only=True)
class Killable:
    """A database of one test, killed and started again on the same data and port."""

    options: ServerOptions
    start: Callable[[ServerOptions], Awaitable[Server]]
    server: Server

    async def kill(self) -> None:
        self.server.child.process.kill()
        await self.server.stop()

    async def again(self) -> None:
        async with asyncio.timeout(30):
            while True:
                try:
                    self.server = await self.start(self.options)
                except HeldError:
                    await asyncio.sleep(0.05)  # its children are still ending
                else:
                    return


@asynccontextmanager
async def killable(start: Callable[[ServerOptions], Awaitable[Server]], folder: Path) -> AsyncGenerator[Killable]:
    options = ServerOptions(
        data=folder / "data", log=folder / "server.log", port=free_port(), password=SecretStr(PASSWORD)
    )
    made = Killable(options=options, start=start, server=await start(options))
    try:
        yield made
    finally:
        await made.server.stop()


async def to_the_end(socket: ClientConnection) -> Frames:
    frames: Frames = []
    while not frames or not _is_last(frames[-1]):
        frames.append(await heard(socket, timeout_s=40))
    return frames


async def until(socket: ClientConnection, kind: str) -> Frames:
    frames = [await heard(socket)]
    while frames[-1]["type"] != kind:
        frames.append(await heard(socket))
    return frames


def _is_last(frame: Mapping[str, Any]) -> bool:
    return frame["type"] in ("agent_failed", "run_cancelled") or frame.get("data", {}).get("final") is True


async def lawful(door: Door, person: Person, frames: Frames) -> None:
    """Each event came once and in order, and is what the log holds."""
    assert breaches([EVENTS.validate_python(frame) for frame in frames], finished=True) == ()
    path = f"/api/runs/{frames[0]['run_id']}/events?stream=false"
    assert (await door.http.get(path, headers=person.headers)).json() == frames


async def asked(socket: ClientConnection, content: str = "cost?") -> str:
    accepted = await said_and_heard(socket, type="user_message", content=content)
    return str(UUID(accepted["run_id"]))


async def test_after_kill_9_of_a_web_process_who_resumes_on_another_sees_each_event_once(
    environ: Mapping[str, str], tmp_path: Path, journal: Journal
) -> None:
    script = Script(calls=4, seconds=0.4, journal=str(journal.path))
    async with (
        opened(environ, tmp_path) as first,
        opened(environ, tmp_path) as second,
        worker(environ, tmp_path, script),
    ):
        person = await first.person()
        async with first.socket(person) as socket:
            run_id = await asked(socket)
            seen = [await heard(socket) for _ in range(8)]
            first.process.kill()
            rest, code = await frames_until_closed(socket)
            assert code is None, "nobody was left to say goodbye"
        seen += rest
        async with second.socket(person) as socket:
            await said(socket, type="resume", run_id=run_id, after=seen[-1]["seq"])
            seen += await to_the_end(socket)
        await lawful(second, person, seen)
    assert seen[-1]["type"] == "agent_completed"
    assert [note[:2] for note in journal.notes()].count(("begin", 4)) == 1


async def test_after_kill_9_of_postgres_and_its_restart_the_same_socket_sees_the_run_to_its_end(
    environ: Mapping[str, str], tmp_path: Path, journal: Journal
) -> None:
    script = Script(calls=5, seconds=0.4, journal=str(journal.path))
    async with killable(start_postgres, tmp_path) as database:
        own = {**environ, "POSTGRES_PORT": str(database.options.port), "POSTGRES_PASSWORD": PASSWORD}
        own |= {"POSTGRES_USER": database.options.user, "POSTGRES_DB": database.options.db}
        async with postgres.pool(load(own).postgres) as pool:
            await migrations.migrate(pool)
        async with opened(own, tmp_path) as door, worker(own, tmp_path, script):
            person = await door.person()
            async with door.socket(person) as socket:
                await asked(socket)
                seen = [await heard(socket) for _ in range(8)]
                await database.kill()
                assert (await door.http.get("/api/threads", headers=person.headers)).status_code == 503
                refused = await said_and_heard(socket, type="user_message", content="and now?")
                assert refused["type"] == "error"
                await database.again()
                seen += await to_the_end(socket)
            await lawful(door, person, seen)
            assert not [line for line in door.lines() if line["level"] == "error"]
    assert seen[-1]["type"] == "agent_completed"
    ended = [number for what, number, _ in journal.notes() if what == "end"]
    assert sorted(set(ended)) == [1, 2, 3, 4, 5]
    assert len(ended) <= 6, "only the call whose end was not written yet may have been made again"


async def test_after_kill_9_of_clickhouse_a_run_waits_for_its_restart_or_fails_by_name(
    environ: Mapping[str, str], tmp_path: Path
) -> None:
    question = "what did my workloads cost by model?"
    async with killable(start_clickhouse, tmp_path) as database:
        own = {**environ, "CLICKHOUSE_PORT": str(database.options.port), "CLICKHOUSE_PASSWORD": PASSWORD}
        own |= {"CLICKHOUSE_USER": database.options.user, "CLICKHOUSE_DB": database.options.db}
        client = await clickhouse.open_client(load(own).clickhouse)
        await ensure(client)
        await client.close()
        async with opened(own, tmp_path) as door, worker(own, tmp_path):
            person = await door.person()
            ends: list[Frames] = []
            async with door.socket(person) as socket:
                for change in (None, database.kill):
                    if change:
                        await change()
                    await asked(socket, question)
                    ends.append(await to_the_end(socket))
                await asked(socket, question)
                waiting = await until(socket, "tool_executing")
                await database.again()
                ends.append(waiting + await to_the_end(socket))
                for frames in ends:
                    await lawful(door, person, frames)
    assert [frames[-1]["type"] for frames in ends] == ["agent_completed", "agent_failed", "agent_completed"]
    assert ends[1][-1]["data"]["component"] == "clickhouse"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")

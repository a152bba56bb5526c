"""Runs as tests meet them: people who ask, workers in processes of their own, and logs that must keep the laws."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid4

from netra.auth.principal import Principal
from netra.events.laws import breaches
from netra.events.union import EVENTS, Event
from netra.runs.accept import Accepted, Policy, Terms, accept
from netra.runs.log import EventLog
from netra.runs.publisher import Publisher
from netra.runs.subscribe import Feed
from netra.settings.contract import load
from netra.settings.model import Settings
from netra.stores import postgres, valkey
from netra.stores.database import Pool

PROGRAM = Path(__file__).parent / "netra_worker.py"
WAIT_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A database, Valkey, and one person who asks."""

    settings: Settings
    pool: Pool
    publisher: Publisher
    feed: Feed
    log: EventLog
    person: Principal

    async def ask(
        self,
        content: str = "what did it cost?",
        *,
        thread_id: UUID | None = None,
        deadline_s: float = 60.0,
        policy: Policy = "enqueue",
        sent_as: str | None = None,
    ) -> Accepted:
        terms = Terms(revision=self.settings.revision, deadline_s=deadline_s, policy=policy, client_message_id=sent_as)
        return await accept(self.pool, self.person, thread_id, content, terms)

    async def finished(self, run_id: UUID, within_s: float = WAIT_S) -> list[Event]:
        """The whole log, followed live to its end; it keeps every law and is what the table holds."""
        async with asyncio.timeout(within_s):
            followed = [EVENTS.validate_json(frame.json) async for frame in self.feed.frames(run_id)]
        assert not breaches(followed, finished=True), breaches(followed, finished=True)
        assert followed == await self.log.read(run_id)
        return followed

    async def until(self, run_id: UUID, fits: Callable[[list[Event]], bool], within_s: float = WAIT_S) -> list[Event]:
        """Wait until the log fits."""
        events: list[Event] = []

        async def fit() -> bool:
            nonlocal events
            events = await self.log.read(run_id)
            return fits(events)

        await eventually(fit, within_s)
        return events


@asynccontextmanager
async def scene(settings: Settings) -> AsyncGenerator[Scene]:
    client = valkey.open_client(settings.redis)
    async with (
        postgres.pool(settings.postgres) as pool,
        Publisher(client) as publisher,
        Feed(pool, client) as feed,
    ):
        log = EventLog(pool, publisher)
        yield Scene(
            settings=settings, pool=pool, publisher=publisher, feed=feed, log=log, person=await new_person(pool)
        )
    await client.aclose()


async def new_person(pool: Pool) -> Principal:
    email = f"{uuid4().hex[:12]}@example.com"
    tenant = await pool.fetchval("insert into tenants (name) values ($1) returning id", email)
    insert = "insert into users (tenant_id, email, password_hash) values ($1, $2, 'none') returning id"
    user = await pool.fetchval(insert, tenant, email)
    return Principal(user_id=UUID(str(user)), tenant_id=UUID(str(tenant)), email=email)


async def eventually(fits: Callable[[], Awaitable[bool]], within_s: float = WAIT_S) -> None:
    async with asyncio.timeout(within_s):
        while not await fits():  # noqa: ASYNC110 - what is awaited happens in other processes
            await asyncio.sleep(0.05)


@dataclass(frozen=True, kw_only=True)
class Script:
    """What a worker process of `netra_worker.py` does: the data agent calls one tool so often, each so slow."""

    calls: int = 3
    seconds: float = 0.0
    idempotent: bool = True
    journal: str = ""
    concurrency: int = 4
    words: int = 5
    brains: Literal["scripted", "model"] = "scripted"
    """`model`: the product's own tools and brains, with the time-outs below."""
    llm_s: float = 15.0
    effect: bool = False
    """The actions agent calls the tool, as one whose calls are approved first."""
    approval_s: float = 60.0


class WorkerProcess:
    """A worker in its own process."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self.log = log

    @property
    def pid(self) -> int:
        return self.process.pid

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def log_text(self) -> str:
        return self.log.read_text()

    def said(self, words: str) -> bool:
        return any(words in str(line.get("event")) for line in self.lines())

    def kill(self, number: int) -> None:
        os.kill(self.pid, number)


@asynccontextmanager
async def worker(
    environ: Mapping[str, str], folder: Path, script: Script | None = None
) -> AsyncGenerator[WorkerProcess]:
    """A worker that executes the script, or `netra worker` itself without one; killed at the end."""
    log = folder / f"worker-{uuid4().hex[:8]}.log"
    arguments = ["-m", "netra.cli.main", "worker"] if script is None else [str(PROGRAM), json.dumps(vars(script))]
    with log.open("w") as stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, env={"PATH": os.environ["PATH"], **environ}, stderr=stderr
        )
    running = WorkerProcess(process, log)
    try:

        async def ready() -> bool:
            assert process.returncode is None, log.read_text()
            return running.said("ready")

        await eventually(ready)
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


class Journal:
    """Where the scripted tool notes each beginning and end, outside of anything the product writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def notes(self) -> list[tuple[str, int, int]]:
        """`begin` or `end`, the call's number, the worker's process."""
        lines = [line.split() for line in self.path.read_text().splitlines()]
        return [(what, int(number), int(pid)) for what, number, pid in lines]


def settings_of(environ: Mapping[str, str]) -> Settings:
    return load(environ)

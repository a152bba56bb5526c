"""What must go on goes on: loops after an unforeseen failure, interruptions that meet what was waited for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from netra_runs import new_person

from netra.auth.standing import Standing
from netra.auth.tokens import Tokens
from netra.embedded.ports import free_port
from netra.errors import DependencyError
from netra.runs.warehouse import Warehouse
from netra.settings.model import Settings
from netra.settings.timeouts import Timeouts
from netra.stores.database import Pool
from netra.web.outbox import Outbox


@pytest.mark.parametrize("steps", range(6))
async def test_an_interruption_gets_through_to_a_reader_whose_outbox_has_room_at_that_moment(steps: int) -> None:
    gone = asyncio.Event()

    async def send(_: str) -> None:
        await gone.wait()
        gone.clear()

    outbox = Outbox(send, 1, lambda: None)
    await outbox.put("sent at once")
    await asyncio.sleep(0)
    await outbox.put("fills it")
    waiting = asyncio.create_task(outbox.put("waits"))
    await asyncio.sleep(0.01)
    gone.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    interrupted = waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled() == interrupted
    await outbox.close()


async def test_a_watcher_that_fails_does_not_end_the_telling_of_who_is_gone(database: Pool) -> None:
    person = await new_person(database)

    async def ends(session: UUID) -> None:
        row = "insert into sessions (id, user_id, ended_at) values ($1, $2, now())"
        await database.execute(row, session, person.user_id)

    told, failed = asyncio.Event(), asyncio.Event()

    def fails() -> None:
        if not failed.is_set():
            failed.set()
            message = "nobody foresaw this"
            raise ValueError(message)

    first, second = uuid4(), uuid4()
    # No token is read here.
    async with Standing(database, cast("Tokens", None)) as standing:
        with standing.watched(first, fails), standing.watched(second, told.set):
            await asyncio.sleep(1.5)
            await ends(first)
            async with asyncio.timeout(15):
                await failed.wait()
                await ends(second)
                await told.wait()


async def test_all_who_wait_for_a_clickhouse_that_swallows_everything_are_told_at_once(settings: Settings) -> None:
    async with swallowing() as port:
        where = settings.clickhouse.model_copy(update={"host": "127.0.0.1", "port": port})
        warehouse = Warehouse(where, Timeouts(connect_s=1.0))
        async with asyncio.timeout(6):
            asked = await asyncio.gather(*(warehouse.client() for _ in range(12)), return_exceptions=True)
        assert all(isinstance(error, DependencyError) and error.where == "clickhouse" for error in asked), asked
        await warehouse.aclose()
    again = Warehouse(settings.clickhouse, Timeouts())
    first, second = await asyncio.gather(again.client(), again.client())
    assert first is second
    await again.aclose()


@asynccontextmanager
async def swallowing() -> AsyncGenerator[int]:
    """A port whose connections are taken and never answered."""
    held: list[Any] = []

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append((reader, writer))

    server = await asyncio.start_server(take, "127.0.0.1", free_port())
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for _, writer in held:
            writer.close()
        server.close()

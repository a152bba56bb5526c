"""A probe tells at which step time was lost, for delays that the network makes."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager

import pytest
from netra_relays import relayed

from netra.errors import StartupError
from netra.health.http import probe_clickhouse
from netra.health.postgres import probe_postgres
from netra.health.records import Reading
from netra.health.startup import Startup
from netra.health.steps import Steps, connected
from netra.health.valkey import probe_valkey
from netra.health.watch import Probe as WatchProbe
from netra.health.watch import Watch, read
from netra.settings.model import Settings
from netra.stores import postgres
from netra.stores.database import Pool

HOST = "127.0.0.1"


@asynccontextmanager
async def crowded(port: int, until_s: float) -> AsyncGenerator[int]:
    """A listener whose queue is full, so that the kernel drops a new connection's first packet, for some seconds.

    Then connections are passed on to `port`; the kernel of the caller asks again a second after its first try.
    """
    with ExitStack() as held:
        listener = held.enter_context(socket.socket())
        listener.bind((HOST, 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(2):
            filler = held.enter_context(socket.socket())
            filler.setblocking(False)  # noqa: FBT003 - the standard library's signature
            filler.connect_ex(address)
        await asyncio.sleep(0.1)
        tasks = [asyncio.create_task(_pass_on(listener, port, until_s))]
        try:
            yield address[1]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _pass_on(listener: socket.socket, port: int, until_s: float) -> None:
    await asyncio.sleep(until_s)
    listener.setblocking(False)  # noqa: FBT003
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        while True:
            connection, _ = await loop.sock_accept(listener)
            group.create_task(_copy(connection, port))


async def _copy(connection: socket.socket, port: int) -> None:
    reader, writer = await asyncio.open_connection(sock=connection)
    try:
        their_reader, their_writer = await asyncio.open_connection(HOST, port)
        try:
            await asyncio.gather(_pump(reader, their_writer), _pump(their_reader, writer))
        finally:
            their_writer.transport.abort()
    finally:
        writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


async def test_a_delay_of_the_connection_is_seen_as_such(settings: Settings) -> None:
    async with crowded(settings.redis.port, until_s=0.2) as port:
        delayed = settings.redis.model_copy(update={"port": port})
        reading = await read(lambda steps: probe_valkey(steps, delayed), 10)
    assert reading.status == "ok", reading
    assert reading.connect_ms is not None
    assert reading.connect_ms > 700
    assert reading.auth_ms is not None
    assert reading.auth_ms < 700


async def test_a_delay_over_the_limit_is_a_timeout_of_that_step(settings: Settings) -> None:
    async with crowded(settings.redis.port, until_s=60) as port:
        delayed = settings.redis.model_copy(update={"port": port})
        reading = await read(lambda steps: probe_valkey(steps, delayed), 0.5)
    assert (reading.failed_at, reading.error_class) == ("connect", "timeout")
    assert reading.connect_ms is not None
    assert reading.connect_ms >= 450
    assert reading.message == "connect: no answer within 0.5 s"
    assert (reading.auth_ms, reading.query_ms) == (None, None)


async def test_a_name_that_does_not_resolve_is_told_apart(settings: Settings, database: Pool) -> None:
    name = {"host": "no-such-host.invalid"}
    database_settings, redis = settings.postgres.model_copy(update=name), settings.redis.model_copy(update=name)
    clickhouse = settings.clickhouse.model_copy(update=name)
    readings = [
        await read(lambda steps: probe_postgres(steps, database_settings, database), 10),
        await read(lambda steps: probe_valkey(steps, redis), 10),
        await read(lambda steps: probe_clickhouse(steps, clickhouse), 10),
    ]
    for reading in readings:
        assert reading.failed_at == "dns", reading
        assert reading.error_class in {"unresolved", "timeout"}
        assert "no-such-host" not in reading.message, "the document is public"


async def test_a_refused_login_is_told_apart_and_names_the_variable(settings: Settings, database: Pool) -> None:
    wrong = {"password": settings.auth_signing_key}
    database_settings, redis = settings.postgres.model_copy(update=wrong), settings.redis.model_copy(update=wrong)
    clickhouse = settings.clickhouse.model_copy(update=wrong)
    readings = {
        "POSTGRES_": await read(lambda steps: probe_postgres(steps, database_settings, database), 10),
        "REDIS_PASSWORD": await read(lambda steps: probe_valkey(steps, redis), 10),
        "CLICKHOUSE_PASSWORD": await read(lambda steps: probe_clickhouse(steps, clickhouse), 10),
    }
    for variable, reading in readings.items():
        assert (reading.failed_at, reading.error_class) == ("auth", "rejected"), variable
        assert variable in reading.message
        assert settings.auth_signing_key.get_secret_value() not in reading.message


async def test_a_database_that_does_not_exist_is_refused_at_login(settings: Settings, database: Pool) -> None:
    absent = settings.postgres.model_copy(update={"db": "absent"})
    reading = await read(lambda steps: probe_postgres(steps, absent, database), 10)
    assert (reading.failed_at, reading.error_class) == ("auth", "rejected")


async def test_an_exhausted_pool_is_told_apart_from_a_database_that_is_gone(settings: Settings) -> None:
    async with postgres.pool(settings.postgres, max_size=1) as pool, pool.acquire():
        reading = await read(lambda steps: probe_postgres(steps, settings.postgres, pool), 0.7)
    assert (reading.failed_at, reading.error_class) == ("pool", "timeout")
    assert reading.query_ms is not None, "the database itself answered"


async def test_dependencies_are_probed_side_by_side() -> None:
    together = asyncio.Barrier(3)

    async def meets(_: object) -> Reading:
        await together.wait()
        return Reading(status="ok")

    watch = Watch({name: WatchProbe(measure=meets, required=True) for name in "abc"}, 5)
    assert (await watch.findings()).status == "healthy"
    await watch.close()


async def test_a_probe_that_breaks_is_a_failed_dependency_and_not_a_broken_document() -> None:
    async def breaks(_: object) -> Reading:
        raise KeyError

    watch = Watch({"odd": WatchProbe(measure=breaks, required=False)}, 1)
    found = await watch.findings()
    assert (found.status, found.dependencies["odd"].error_class) == ("degraded", "failed")
    await watch.close()


async def test_a_relay_that_forwards_changes_nothing(settings: Settings) -> None:
    """The control of the relays that the other tests use."""
    async with relayed(settings.redis.port) as relay:
        through = settings.redis.model_copy(update={"port": relay.port})
        assert (await read(lambda steps: probe_valkey(steps, through), 5)).status == "ok"


async def test_the_next_address_of_a_host_is_tried_where_the_first_one_takes_no_connection(settings: Settings) -> None:
    steps = Steps()
    found = await connected(steps, ("127.0.0.77", HOST), settings.redis.port)
    found.writer.close()
    assert found.address == HOST
    assert steps.ok().connect_ms is not None


async def test_a_phase_that_fails_in_a_way_nobody_foresaw_is_named_with_its_cause() -> None:
    async def work() -> None:
        raise LookupError("no such row")

    startup = Startup(1)
    with pytest.raises(StartupError, match=r"phase migrations failed: .*no such row.*LookupError"):
        await startup.required("migrations", work)
    await startup.optional("own", work)
    assert [(p.name, p.outcome) for p in startup.phases] == [("migrations", "failed"), ("own", "degraded")]

"""Servers of their own that are frozen, full or read-only; decoded by what they answer."""

import asyncio
import os
import signal
from collections.abc import Generator
from typing import Any, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import pytest
from observing import edge_to, probe, values
from sample import MANIFEST, system
from servers import Valkey, postgres, valkey

from goldenpath.manifest.parse import parse
from goldenpath.probes.edge import EdgeOptions, probe_edge
from goldenpath.probes.process import ProcessFacts, probe_processes
from goldenpath.probes.record import Recorder


@pytest.fixture(scope="module")
def own() -> Generator[Valkey]:
    with valkey() as server:
        yield server


async def test_a_frozen_process_accepts_and_stays_silent(own: Valkey) -> None:
    pid = own.process.pid
    facts = [ProcessFacts(component="cache", state="running", pid=pid, uptime_s=1.0)]
    os.kill(pid, signal.SIGSTOP)
    try:
        found = values(await probe("cache", own.environ(), EdgeOptions(timeout_s=0.4)))
        process = values(probe_processes(Recorder(), system(), facts, own.environ()))
    finally:
        os.kill(pid, signal.SIGCONT)
    assert "tcp.ms" in found
    assert found["first_byte.error"] == "timeout"
    assert (process["process.state"], process["process.pid"], process["process.listening"]) == ("frozen", pid, True)


@pytest.mark.parametrize(
    ("before", "after", "error"),
    [
        ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "memory_full"),
        ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "read_only"),
    ],
)
async def test_what_only_a_writer_sees(own: Valkey, before: str, after: str, error: str) -> None:
    own.run(before)
    try:
        found = values(await probe("cache", own.environ()))
    finally:
        own.run(after)
    assert "auth.ms" in found
    assert "query.ms" not in found
    assert found["query.error"] == error


async def test_the_client_limit_of_valkey(own: Valkey) -> None:
    other = dict(own.environ())
    own.run("CONFIG SET maxclients 1")
    holder = await _hold(own)
    try:
        found = values(await probe("cache", other))
    finally:
        holder[1].write(b"CONFIG SET maxclients 1000\r\n")
        assert await holder[0].readline() == b"+OK\r\n"
        holder[1].close()
    assert found["auth.error"] == "too_many_clients"


async def _hold(server: Valkey) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"AUTH {server.password}\r\n".encode())
    assert await reader.readline() == b"+OK\r\n"
    return reader, writer


async def test_a_role_that_may_not_write_is_no_fault(own: Valkey) -> None:
    own.run("ACL SETUSER reader on >reads-and-reads ~* +@read +@connection +info")
    environ = own.environ() | {"CACHE_PASSWORD": "reads-and-reads", "CACHE_USER": "reader"}
    described = parse(MANIFEST.replace('port = "CACHE_PORT"', 'port = "CACHE_PORT", user = "CACHE_USER"'))
    found = values(await probe_edge(Recorder(), described, edge_to("cache"), environ))
    assert "query.ms" in found


async def test_the_connection_limit_of_postgres() -> None:
    with postgres("max_connections=5", "superuser_reserved_connections=0") as server:
        connect = cast("Any", asyncpg).connect
        login = {"user": server.user, "password": server.password, "database": "postgres"}
        held = [await connect(host="127.0.0.1", port=server.port, **login) for _ in range(5)]
        found = values(await probe("db", server.environ()))
        for connection in held:
            await connection.close()
        again = values(await probe("db", server.environ()))
    assert "first_byte.ms" in found
    assert found["auth.error"] == "too_many_clients"
    assert "query.ms" in again

"""Real servers with a real fault inside: probed from outside and asked about themselves, the engine names the fault."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import pytest
from diagnosis_bench import named, rivals_in
from observing import QUICK
from sample import system
from servers import Postgres, Valkey, die_with_parent, postgres, valkey

from goldenpath.diagnosis.engine import diagnose
from goldenpath.facts import Diagnosis, Observation
from goldenpath.probes.address import target_of
from goldenpath.probes.connections import probe_connections
from goldenpath.probes.edge import probe_edge
from goldenpath.probes.host import probe_hosts
from goldenpath.probes.process import ProcessFacts, probe_processes
from goldenpath.probes.record import Recorder
from goldenpath.probes.server import ServerOptions, ask, probe_server
from goldenpath.probes.views import Views

SCHEMA = """
create table orders (id bigint primary key, buyer text not null, note text);
create index orders_buyer on orders (buyer);
insert into orders select n, 'b' || n from generate_series(1, 6000) as n;
analyze orders;
"""
HANGS = {"type": "agent_failed", "reason": "timeout", "component": "", "message": "no answer in time"}


@pytest.fixture(scope="module")
def db() -> Generator[Postgres]:
    with postgres("max_connections=8", "superuser_reserved_connections=0") as server:
        server.run(SCHEMA)
        yield server


@pytest.fixture(scope="module")
def cache() -> Generator[Valkey]:
    with valkey("enable-debug-command yes") as server:
        yield server


async def look(
    name: str, server: Postgres | Valkey, before: Views | None = None, *, budget_ms: float = 5000
) -> list[Observation]:
    """The edge, the server's own word and the host's; then a run of a person that failed."""
    recorder, environ = Recorder(), server.environ()
    edge = next(e for e in system().edges if e.target == name).model_copy(
        update={"connect_ms": budget_ms, "query_ms": budget_ms}
    )
    facts = [ProcessFacts(component=name, state="running", pid=server.process.pid)]
    found = [*await probe_edge(recorder, system(), edge, environ, QUICK)]
    found += await probe_server(recorder, system(), name, environ, ServerOptions(before=before or {}))
    found += probe_processes(recorder, system(), facts, environ)
    found += await probe_hosts(recorder, system(), facts, window_s=0.05)
    found += probe_connections(recorder, system(), [*facts, _caller()], environ, "")
    found.append(recorder.observe(probe="journey", subject="journey:buy", name="run.terminal", value={**HANGS}))
    return found


def _caller() -> ProcessFacts:
    """This program stands for the one that calls."""
    return ProcessFacts(component="api", state="running", pid=os.getpid())


async def views(server: Postgres | Valkey, name: str) -> Views:
    target = target_of(system().components[name], server.environ())
    assert target
    return (await ask(target)).views


@asynccontextmanager
async def session(server: Postgres, **settings: str) -> AsyncGenerator[Any]:
    login = {"user": server.user, "password": server.password, "database": "postgres", "server_settings": settings}
    opened = await cast("Any", asyncpg).connect(host="127.0.0.1", port=server.port, **login)
    try:
        yield opened
    finally:
        await opened.close(timeout=5)


def refuted(diagnosis: Diagnosis) -> set[str]:
    return {name for cause in diagnosis.causes for name, ids in rivals_in(cause).items() if ids}


async def test_a_lock_that_an_idle_transaction_holds(db: Postgres) -> None:
    async with session(db, application_name="report") as holder, session(db) as waiter:
        begun = holder.transaction()
        await begun.start()
        await holder.execute("lock table orders")
        waiting = asyncio.create_task(waiter.execute("select count(*) from orders"))
        await asyncio.sleep(1.1)
        diagnosis = diagnose(system(), await look("db", db))
        await begun.rollback()
        await waiting
    assert named(diagnosis) == [("lock_held", "db")]
    assert "held by report" in diagnosis.causes[0].statement
    assert refuted(diagnosis) >= {"process_dead", "route_broken", "credentials_refused", "server_slow"}


async def test_all_connections_taken_and_by_whom(db: Postgres) -> None:
    held = [session(db, application_name="pool") for _ in range(8)]
    opened = [await one.__aenter__() for one in held]
    diagnosis = diagnose(system(), await look("db", db))
    for connection in opened:
        await connection.close()
    assert named(diagnosis) == [("connections_exhausted", "db")]
    assert "api holds 8" in diagnosis.causes[0].statement
    assert refuted(diagnosis) >= {"process_dead", "port_closed", "route_broken", "name_unresolved"}


async def test_a_statement_that_waits_for_its_own_client_holds_nobody_up(db: Postgres) -> None:
    done = asyncio.Event()

    async def rows() -> AsyncGenerator[bytes]:
        yield b"90001,slow,\n"
        await done.wait()

    async with session(db) as client:
        copying = asyncio.create_task(client.copy_to_table("orders", source=rows(), format="csv"))
        await asyncio.sleep(3.2)
        observed = await look("db", db)
        done.set()
        await copying
        await client.execute("delete from orders where id = 90001")
    statements = next(o.value for o in observed if o.name == "server.statements")
    assert [row["wait"] for row in cast("list[dict[str, Any]]", statements)] == ["Client"]
    assert named(diagnose(system(), observed)) == []


async def test_a_role_that_was_made_read_only(db: Postgres) -> None:
    before = await views(db, "db")
    db.run(f"alter role {db.user} set default_transaction_read_only = on")
    try:
        diagnosis = diagnose(system(), await look("db", db, before))
    finally:
        async with session(db, default_transaction_read_only="off") as writer:
            await writer.execute(f"alter role {db.user} reset default_transaction_read_only")
    assert named(diagnosis) == [("store_read_only", "db")]


async def test_a_time_limit_that_was_not_there(db: Postgres) -> None:
    before = await views(db, "db")
    db.run(f"alter role {db.user} set statement_timeout = '15ms'")
    try:
        diagnosis = diagnose(system(), await look("db", db, before))
    finally:
        db.run(f"alter role {db.user} reset statement_timeout")
    assert named(diagnosis) == [("setting_changed", "db")]
    assert "statement_timeout 0 -> 15" in diagnosis.causes[0].statement


async def test_a_dropped_index_that_is_missed(db: Postgres) -> None:
    before = await views(db, "db")
    db.run("drop index orders_buyer")
    for _ in range(2):
        db.run("select * from orders where buyer = 'b77'")
    db.run("select pg_stat_force_next_flush()")
    try:
        diagnosis = diagnose(system(), await look("db", db, before))
    finally:
        db.run("create index orders_buyer on orders (buyer)")
    assert named(diagnosis) == [("index_missing", "db")]
    assert diagnosis.causes[0].detail["index"] == [
        {
            "name": "public.orders_buyer",
            "definition": "CREATE INDEX orders_buyer ON public.orders USING btree (buyer)",
        }
    ]


async def test_a_dropped_column(db: Postgres) -> None:
    before = await views(db, "db")
    db.run("alter table orders drop column note")
    try:
        diagnosis = diagnose(system(), await look("db", db, before))
    finally:
        db.run("alter table orders add column note text")
    assert named(diagnosis) == [("relation_missing", "db")]
    assert "column public.orders.note" in diagnosis.causes[0].statement


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "memory_full"),
        ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "store_read_only"),
    ],
)
async def test_a_cache_that_takes_no_writes(cache: Valkey, before: str, after: str, cause: str) -> None:
    cache.run(before)
    try:
        diagnosis = diagnose(system(), await look("cache", cache))
    finally:
        cache.run(after)
    assert named(diagnosis) == [(cause, "cache")]
    assert refuted(diagnosis) >= {"process_dead", "route_broken", "name_unresolved"}


def hold_up(cache: Valkey, ended: threading.Event) -> None:
    while not ended.is_set():
        cache.run("DEBUG SLEEP 0.8")


async def test_a_command_that_holds_everyone_up(cache: Valkey) -> None:
    cache.run("DEBUG SLEEP 0.7")
    ended = threading.Event()
    holding = asyncio.create_task(asyncio.to_thread(hold_up, cache, ended))
    try:
        diagnosis = diagnose(system(), await look("cache", cache, budget_ms=500))
    finally:
        ended.set()
        await holding
    assert named(diagnosis) == [("command_slow", "cache")]


async def test_a_slow_command_of_a_while_ago_is_not_blamed_for_what_is_not_late(cache: Valkey) -> None:
    cache.run("DEBUG SLEEP 0.7")
    diagnosis = diagnose(system(), await look("cache", cache))
    assert diagnosis.causes == ()
    assert diagnosis.verdict == "not_proven"


async def test_healthy_servers_give_no_cause(db: Postgres, cache: Valkey) -> None:
    cache.run("SLOWLOG RESET")
    for name, server in (("db", db), ("cache", cache)):
        before = await views(server, name)
        diagnosis = diagnose(system(), await look(name, server, before))
        assert diagnosis.causes == (), "a failed run alone proves nothing of a server that is well"
        assert diagnosis.verdict == "not_proven"


@pytest.fixture
def opener() -> Generator[int]:
    """A process with 53 open files that may have 54."""
    source = "kept = [open('/dev/null') for _ in range(50)]; print('ready', flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", source],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - no other thread runs at this point
    )
    with process:
        assert process.stdout
        process.stdout.readline()
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (54, 54))
        yield process.pid
        process.kill()


async def test_a_process_at_its_limit_of_files(opener: int) -> None:
    recorder = Recorder()
    facts = [ProcessFacts(component="api", state="running", pid=opener)]
    found = [*await probe_hosts(recorder, system(), facts, window_s=0.05)]
    found += probe_processes(recorder, system(), facts, {})
    found.append(recorder.observe(probe="health", subject="api", name="health.status", value="timeout"))
    diagnosis = diagnose(system(), found)
    assert named(diagnosis) == [("files_exhausted", "api")]
    assert "53 files are open of 54" in diagnosis.causes[0].statement

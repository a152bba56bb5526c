"""Real datastores asked about themselves: who is connected, who waits for whom, what changed since they were well."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import pytest
from observing import values
from pydantic import JsonValue
from sample import system
from servers import Postgres, Valkey, postgres, valkey

from goldenpath.facts import Observation
from goldenpath.probes.address import target_of
from goldenpath.probes.record import Recorder
from goldenpath.probes.server import ServerOptions, ask, probe_server
from goldenpath.probes.views import Views

SCHEMA = """
create table parts (id bigint primary key, owner text not null, note text);
create index parts_owner on parts (owner);
"""


@pytest.fixture(scope="module")
def db() -> Generator[Postgres]:
    with postgres("max_connections=12") as server:
        server.run(SCHEMA)
        yield server


@pytest.fixture(scope="module")
def cache() -> Generator[Valkey]:
    with valkey() as server:
        yield server


async def look(name: str, environ: dict[str, str], before: Views | None = None) -> tuple[Observation, ...]:
    return await probe_server(Recorder(), system(), name, environ, ServerOptions(revision="r1", before=before or {}))


async def views(name: str, environ: dict[str, str]) -> Views:
    target = target_of(system().components[name], environ)
    assert target
    return (await ask(target)).views


@asynccontextmanager
async def session(server: Postgres, **settings: str) -> AsyncGenerator[Any]:
    connected = cast("Any", asyncpg).connect(
        host="127.0.0.1",
        port=server.port,
        user=server.user,
        password=server.password,
        database="postgres",
        server_settings=settings,
    )
    opened = await connected
    try:
        yield opened
    finally:
        await opened.close(timeout=5)


def rows(value: JsonValue) -> list[dict[str, JsonValue]]:
    assert isinstance(value, list)
    return [row for row in value if isinstance(row, dict)]


async def test_who_waits_and_who_holds(db: Postgres) -> None:
    async with session(db, application_name="holder") as holder, session(db, application_name="waiter") as waiter:
        begun = holder.transaction()
        await begun.start()
        await holder.execute("lock table parts")
        waiting = asyncio.create_task(waiter.execute("select count(*) from parts where owner = 'nobody at all'"))
        await asyncio.sleep(0.3)
        found = values(await look("db", db.environ()))
        await begun.rollback()
        await waiting
    (blocked,) = rows(found["server.blocked"])
    assert (blocked["application"], blocked["holder_application"]) == ("waiter", "holder")
    assert blocked["holder_state"] == "idle in transaction"
    assert blocked["relation"] == "parts"
    assert "nobody at all" not in str(blocked), "literals stay out of the evidence"
    left = next(t for t in rows(found["server.transactions"]) if t["application"] == "holder")
    assert left["locked"] == ["parts"]


async def test_connections_by_holder_against_the_limit(db: Postgres) -> None:
    async with session(db, application_name="pool"), session(db, application_name="pool"):
        found = values(await look("db", db.environ()))["server.connections"]
    assert isinstance(found, dict)
    assert found["max"] == 12
    assert found["by"] == {"pool": 2}
    assert found["used"] == 2


async def test_what_differs_from_when_it_was_well(db: Postgres) -> None:
    before = await views("db", db.environ())
    well = values(await look("db", db.environ(), before))
    assert well["server.settings_unchanged"] is True
    assert well["server.schema_unchanged"] is True
    db.run("drop index parts_owner")
    db.run("alter table parts drop column note")
    db.run(f"alter role {db.user} set statement_timeout = '1h'")
    try:
        found = await look("db", db.environ(), before)
    finally:
        db.run("create index parts_owner on parts (owner)")
        db.run("alter table parts add column note text")
        db.run(f"alter role {db.user} reset statement_timeout")
    lost = {
        (o.value["kind"], o.value["name"])
        for o in found
        if o.name == "server.schema_changed"
        if isinstance(o.value, dict)
    }
    assert lost == {("index", "public.parts_owner"), ("column", "public.parts.note")}


async def test_rows_read_one_by_one_since_then(db: Postgres) -> None:
    db.run("insert into parts select n, 'o' || n from generate_series(1, 3000) as n")
    before = await views("db", db.environ())
    for _ in range(3):
        db.run("set enable_indexscan = off; set enable_bitmapscan = off; select * from parts where owner = 'o7'")
    db.run("select pg_stat_force_next_flush()")
    found = values(await look("db", db.environ(), before))
    (scanned,) = [row for row in rows(found["server.scans"]) if row["table"] == "public.parts"]
    assert scanned["rows_read"] == 9000


async def test_what_the_role_may_not_read_is_named(db: Postgres) -> None:
    db.run("create role guest login password 'guest-guest-guest'")
    db.run("revoke execute on function pg_database_size(name) from public")
    db.run("revoke connect on database postgres from public; grant connect on database postgres to guest")
    found = values(await look("db", {**db.environ(), "DB_USER": "guest", "DB_PASSWORD": "guest-guest-guest"}))
    assert "server.connections" in found
    assert "server.error" not in found


async def test_a_refused_log_in_is_an_error_with_its_phase(db: Postgres) -> None:
    found = values(await look("db", {**db.environ(), "DB_PASSWORD": "another"}))
    assert found == {"server.error": {"phase": "auth", "error": "bad_password"}}


async def test_memory_policy_and_clients_of_valkey(cache: Valkey) -> None:
    before = await views("cache", cache.environ())
    cache.run("CONFIG SET maxmemory 123456789")
    try:
        found = await look("cache", cache.environ(), before)
    finally:
        cache.run("CONFIG SET maxmemory 0")
    named = values(found)
    assert isinstance(memory := named["server.memory"], dict)
    assert (memory["max"], memory["policy"]) == (123456789, "noeviction")
    assert isinstance(connections := named["server.connections"], dict)
    assert connections["used"] == 0
    assert isinstance(role := named["server.role"], dict)
    assert role["role"] == "master"
    assert named["server.setting_changed"] == {"name": "maxmemory", "before": "0", "after": "123456789"}


async def test_the_slow_log_names_commands_and_no_arguments(cache: Valkey) -> None:
    cache.run("CONFIG SET slowlog-log-slower-than 0")
    cache.run("SET a-secret-key a-secret-value")
    cache.run("CONFIG SET slowlog-log-slower-than 10000")
    slow = values(await look("cache", cache.environ()))["server.slow"]
    assert "SET" in [row["command"] for row in rows(slow)]
    assert "secret" not in str(slow)


async def test_a_log_in_without_rights_says_what_it_may_not_read(cache: Valkey) -> None:
    cache.run("ACL SETUSER plain on >plain-and-simple ~* +@read +ping +client|setinfo +time")
    target = target_of(system().components["cache"], {**cache.environ(), "CACHE_PASSWORD": "plain-and-simple"})
    assert target
    asked = await ask(target.model_copy(update={"user": "plain"}))
    assert set(asked.refused) >= {"info", "settings"}
    assert asked.failed is None

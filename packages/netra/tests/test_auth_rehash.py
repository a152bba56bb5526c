"""A hash that is renewed, or a password that is changed, while somebody else changes it: the last word stays."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
from argon2 import PasswordHasher
from netra_doors import PASSWORD, Door, Person
from netra_runs import eventually

from netra.stores.database import Pool

WEAK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
NEW = "the owner's new password"


@asynccontextmanager
async def changed_meanwhile(database: Pool, person: Person, waiting: int = 1) -> AsyncGenerator[None]:
    """Somebody else's change of the password commits while so many of the block's own wait for it."""
    async with database.acquire() as connection, connection.transaction():
        change = "update users set password_hash = $2 where email = $1"
        await connection.execute(change, person.email, WEAK.hash(NEW))
        yield

        async def waits() -> bool:
            query = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'password_hash'"
            return await database.fetchval(query) >= waiting

        await eventually(waits, 20)


async def log_in(door: Door, person: Person, password: str) -> httpx.Response:
    return await door.http.post("/api/auth/login", json={"email": person.email, "password": password})


async def weakened(door: Door, database: Pool) -> Person:
    """Somebody whose hash is from another time."""
    person = await door.person()
    await database.execute("update users set password_hash = $2 where email = $1", person.email, WEAK.hash(PASSWORD))
    return person


async def test_a_hash_is_renewed_at_log_in(door: Door, database: Pool) -> None:
    person = await weakened(door, database)
    logins = await asyncio.gather(*(log_in(door, person, PASSWORD) for _ in range(4)))
    assert [answer.status_code for answer in logins] == [200] * 4, "also when several renew it at once"
    encoded = await database.fetchval("select password_hash from users where email = $1", person.email)
    assert not WEAK.check_needs_rehash(encoded) or "m=19456" in encoded


async def test_a_renewed_hash_undoes_no_change_of_the_password(door: Door, database: Pool) -> None:
    person = await weakened(door, database)
    async with changed_meanwhile(database, person):
        late = asyncio.create_task(log_in(door, person, PASSWORD))
    assert (await late).status_code == 401
    assert (await log_in(door, person, PASSWORD)).status_code == 401
    assert (await log_in(door, person, NEW)).status_code == 200


async def test_of_two_changes_of_a_password_the_second_needs_the_new_one(door: Door, database: Pool) -> None:
    person = await door.person()
    body = {"current_password": PASSWORD, "new_password": "a thief's password"}
    async with changed_meanwhile(database, person):
        late = asyncio.create_task(door.http.post("/api/auth/password", headers=person.headers, json=body))
    assert (await late).status_code == 401
    assert (await log_in(door, person, "a thief's password")).status_code == 401
    assert (await log_in(door, person, NEW)).status_code == 200

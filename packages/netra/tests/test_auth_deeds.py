"""What somebody achieves and its row of the audit log are both there, or neither; what fails can be done again."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from netra_doors import PASSWORD, Door, Person, opened
from netra_relays import relayed

from netra.stores.database import Pool

NEW = "another password"


@asynccontextmanager
async def no_log(database: Pool) -> AsyncGenerator[None]:
    """PostgreSQL serves, and refuses every row of the audit log."""
    await database.execute("alter table audit_events add constraint no_log check (false) not valid")
    try:
        yield
    finally:
        await database.execute("alter table audit_events drop constraint no_log")


async def types(database: Pool, person: Person) -> list[str]:
    rows = await database.fetch("select type from audit_events where user_id = $1 order by id", UUID(person.user_id))
    return [row["type"] for row in rows]


async def test_a_refresh_that_failed_can_be_sent_again(door: Door, database: Pool) -> None:
    person = await door.person()
    body = {"refresh_token": person.refresh_token}
    async with no_log(database):
        assert (await door.http.post("/api/auth/refresh", json=body)).status_code == 500
    assert (await door.http.post("/api/auth/refresh", json=body)).status_code == 200, "the token was not used up"
    async with no_log(database):
        assert (await door.http.post("/api/auth/refresh", json=body)).status_code == 500
    me = await door.http.get("/api/auth/me", headers=person.headers)
    assert me.status_code == 200, "and a session does not end without a row either"
    assert (await door.http.post("/api/auth/refresh", json=body)).status_code == 401
    assert await types(database, person) == ["registered", "refreshed", "refresh_reused"]


async def test_nothing_is_achieved_without_its_row(door: Door, database: Pool) -> None:
    person, newcomer = await door.person(), f"{uuid4().hex}@example.com"
    wish = {"name": "x", "scopes": ["runs:read"]}
    key = (await door.http.post("/api/auth/keys", headers=person.headers, json=wish)).json()
    login: dict[str, Any] = {"email": person.email, "password": PASSWORD}
    change = {"current_password": PASSWORD, "new_password": NEW}
    asked = [
        ("POST", "/api/auth/register", {"email": newcomer, "password": PASSWORD}),
        ("POST", "/api/auth/login", login),
        ("POST", "/api/auth/cookie", login),
        ("POST", "/api/auth/keys", wish),
        ("DELETE", f"/api/auth/keys/{key['id']}", None),
        ("POST", "/api/auth/password", change),
        ("POST", "/api/auth/logout", None),
        ("POST", "/api/auth/logout-everywhere", {"api_keys": True}),
        ("DELETE", "/api/auth/me", {"password": PASSWORD}),
    ]
    before = await kept(database)

    async def each() -> list[httpx.Response]:
        return [await door.http.request(how, path, headers=person.headers, json=body) for how, path, body in asked]

    async with no_log(database):
        assert [answer.status_code for answer in await each()] == [500] * len(asked)
    assert await kept(database) == before
    assert await types(database, person) == ["registered", "key_created"]
    assert (await door.http.post("/api/auth/login", json=login)).status_code == 200, "the password is the old one"


async def kept(database: Pool) -> list[tuple[Any, ...]]:
    """Accounts, open sessions, tokens and keys."""
    row = await database.fetchrow(
        "select (select count(*) from users), (select count(*) from sessions where ended_at is null),"
        " (select count(*) from refresh_tokens where used_at is null and revoked_at is null),"
        " (select count(*) from api_keys where revoked_at is null)"
    )
    return [tuple(value for _, value in row.items())] if row else []


async def test_an_account_with_many_messages_is_deleted(door: Door, database: Pool) -> None:
    """Each of its messages is looked for among the runs of everybody."""
    person, other = await door.person(), await door.person()
    await database.fetch(
        "select a.run_id from users u, generate_series(1, 3000) n,"
        " accept_message(u.id, u.tenant_id, null, 'm ' || n, 60, 'r', 'enqueue') a where u.email in ($1, $2)",
        person.email,
        other.email,
        timeout=60,
    )
    await database.execute("update runs set status = 'completed' where user_id = $1", UUID(person.user_id))
    deletion = {"password": PASSWORD}
    answer = await door.http.request("DELETE", "/api/auth/me", headers=person.headers, json=deletion, timeout=60)
    assert answer.status_code == 204, answer.text
    left = await database.fetch("select user_id, count(*) as n from runs group by user_id")
    assert [(str(row["user_id"]), row["n"]) for row in left] == [(other.user_id, 3000)]
    await database.execute("analyze runs")
    read = await database.fetch("explain delete from runs where message_id = $1", uuid4())
    assert "Seq Scan" not in str([row[0] for row in read]), "for each of its messages"


@pytest.mark.slow
async def test_an_outage_of_the_database_locks_nobody_out(
    environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with relayed(int(environ["POSTGRES_PORT"])) as relay:
        far = {**environ, "POSTGRES_PORT": str(relay.port)}
        async with opened(far, tmp_path_factory.mktemp("far")) as door:
            person = await door.person()
            login = {"email": person.email, "password": PASSWORD}
            await relay.refuse()
            tried = [(await door.http.post("/api/auth/login", json=login)).status_code for _ in range(12)]
            assert tried == [503] * 12
            await relay.restore()
            assert (await door.http.post("/api/auth/login", json=login)).status_code == 200
            wrong = [(await door.http.post("/api/auth/login", json=login | {"password": "x"})) for _ in range(11)]
            assert [answer.status_code for answer in wrong] == [401] * 10 + [429], "the control"

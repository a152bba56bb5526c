"""What ends a session, and how soon everywhere: log-out, log-out everywhere, another password, a deleted account."""

import asyncio
from collections.abc import AsyncGenerator, Mapping

import pytest
from netra_doors import PASSWORD, Door, Person, frames_until_closed, opened, said, said_and_heard
from netra_runs import eventually
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from netra.stores.database import Pool

SECONDS = 2.0
"""How long another process may take to hear of it; a busy machine gets twice as much on top."""


@pytest.fixture(scope="module")
async def other_door(environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    async with opened(environ, tmp_path_factory.mktemp("other")) as opened_door:
        yield opened_door


async def status(door: Door, person: Person) -> int:
    return (await door.http.get("/api/auth/me", headers=person.headers)).status_code


async def refused_within(door: Door, person: Person, seconds: float) -> None:
    async def refused() -> bool:
        return await status(door, person) == 401

    await eventually(refused, seconds)


async def logged_in(door: Door, person: Person, password: str = PASSWORD) -> Person:
    answer = await door.http.post("/api/auth/login", json={"email": person.email, "password": password})
    assert answer.status_code == 200, answer.text
    return await door.known(person.email, answer.json())


async def test_a_log_out_ends_the_access_token_and_its_socket_and_no_other(door: Door) -> None:
    person = await door.person()
    second = await logged_in(door, person)
    async with door.socket(person) as ends, door.socket(second) as stays:
        assert (await door.http.post("/api/auth/logout", headers=person.headers)).status_code == 204
        assert await frames_until_closed(ends) == ([], 4003)
        assert (await said_and_heard(stays, type="ping"))["type"] == "pong"
    assert await status(door, person) == 401
    assert await status(door, second) == 200


@pytest.mark.slow
async def test_a_log_out_is_known_to_another_process_within_seconds(door: Door, other_door: Door) -> None:
    person = await door.person()
    assert await status(other_door, person) == 200, "now it is remembered there"
    async with other_door.socket(person) as socket:
        assert (await door.http.post("/api/auth/logout", headers=person.headers)).status_code == 204
        async with asyncio.timeout(3 * SECONDS):
            assert await frames_until_closed(socket) == ([], 4003)
    await refused_within(other_door, person, 3 * SECONDS)


async def test_log_out_everywhere_ends_every_session_at_every_process(door: Door, other_door: Door) -> None:
    person = await door.person()
    second, stranger = await logged_in(other_door, person), await door.person()
    async with door.socket(person) as here, other_door.socket(second) as there, door.socket(stranger) as not_theirs:
        answer = await door.http.post("/api/auth/logout-everywhere", headers=second.headers)
        assert answer.status_code == 204
        async with asyncio.timeout(3 * SECONDS):
            assert [await frames_until_closed(s) for s in (here, there)] == [([], 4003)] * 2
        assert (await said_and_heard(not_theirs, type="ping"))["type"] == "pong"
    for session in (person, second):
        for process in (door, other_door):
            await refused_within(process, session, 3 * SECONDS)
        body = {"refresh_token": session.refresh_token}
        assert (await door.http.post("/api/auth/refresh", json=body)).status_code == 401
    assert await status(door, await logged_in(door, person)) == 200, "a new session is not an old one"


async def test_a_stream_of_events_ends_with_its_session(door: Door) -> None:
    person = await door.person()
    run_id = (await door.post(person))["run_id"]
    path = f"/api/runs/{run_id}/events"
    async with asyncio.timeout(3 * SECONDS), door.http.stream("GET", path, headers=person.headers) as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == "retry: 1000"
        assert (await door.http.post("/api/auth/logout", headers=person.headers)).status_code == 204
        assert not [line async for line in lines if line.startswith("event:") and "queued" not in line]
    assert (await door.http.get(path, headers=person.headers)).status_code == 401


async def test_api_keys_outlive_it_unless_told_otherwise(door: Door) -> None:
    person = await door.person()
    wish = {"name": "x", "scopes": ["runs:read"]}
    key = (await door.http.post("/api/auth/keys", headers=person.headers, json=wish)).json()["key"]
    program = {"Authorization": f"Bearer {key}"}
    await door.http.post("/api/auth/logout-everywhere", headers=person.headers)
    assert (await door.http.get("/api/threads", headers=program)).status_code == 200
    again = await logged_in(door, person)
    await door.http.post("/api/auth/logout-everywhere", headers=again.headers, json={"api_keys": True})
    assert (await door.http.get("/api/threads", headers=program)).status_code == 401


async def test_another_password_ends_every_session(door: Door) -> None:
    person = await door.person()
    second = await logged_in(door, person)
    wrong = {"current_password": "not this one", "new_password": "a new password"}
    assert (await door.http.post("/api/auth/password", headers=person.headers, json=wrong)).status_code == 401
    assert await status(door, second) == 200
    async with door.socket(second) as socket:
        right = {"current_password": PASSWORD, "new_password": "a new password"}
        assert (await door.http.post("/api/auth/password", headers=person.headers, json=right)).status_code == 204
        assert await frames_until_closed(socket) == ([], 4003)
    assert [await status(door, p) for p in (person, second)] == [401, 401]
    old = await door.http.post("/api/auth/login", json={"email": person.email, "password": PASSWORD})
    assert old.status_code == 401
    assert await status(door, await logged_in(door, person, "a new password")) == 200


async def test_no_session_that_an_old_password_opens_outlives_its_change(door: Door) -> None:
    """A thief who logs in all the time, also while the password is changed."""
    person = await door.person()
    login, change = (
        {"email": person.email, "password": PASSWORD},
        {"current_password": PASSWORD, "new_password": "a new password"},
    )
    thief = [asyncio.create_task(door.http.post("/api/auth/login", json=login)) for _ in range(4)]
    changed = asyncio.create_task(door.http.post("/api/auth/password", headers=person.headers, json=change))
    thief += [asyncio.create_task(door.http.post("/api/auth/login", json=login)) for _ in range(4)]
    assert (await changed).status_code == 204
    answers = [await attempt for attempt in thief]
    stolen = [a.json()["refresh_token"] for a in answers if a.status_code == 200]
    assert {a.status_code for a in answers} <= {200, 401}
    tried = [await door.http.post("/api/auth/refresh", json={"refresh_token": token}) for token in stolen]
    assert {t.status_code for t in tried} <= {401}


async def test_guesses_of_the_present_password_are_limited_like_log_ins(door: Door) -> None:
    person = await door.person()
    body = {"current_password": "a guess", "new_password": "a new password"}
    tried = [(await door.http.post("/api/auth/password", headers=person.headers, json=body)) for _ in range(11)]
    assert [t.status_code for t in tried] == [401] * 10 + [429]
    deletion = await door.http.request("DELETE", "/api/auth/me", headers=person.headers, json={"password": PASSWORD})
    assert deletion.status_code == 429, "one limit for every place that a password can be tried at"


async def test_of_two_simultaneous_refreshes_the_session_survives_neither(door: Door) -> None:
    """Which of two holders is the owner cannot be told, so the winner's new pair ends too."""
    person = await door.person()
    body = {"refresh_token": person.refresh_token}
    answers = await asyncio.gather(*(door.http.post("/api/auth/refresh", json=body) for _ in range(2)))
    assert sorted(a.status_code for a in answers) == [200, 401]
    won = next(a.json() for a in answers if a.status_code == 200)
    headers = {"Authorization": f"Bearer {won['access_token']}"}
    assert (await door.http.get("/api/auth/me", headers=headers)).status_code == 401
    again = await door.http.post("/api/auth/refresh", json={"refresh_token": won["refresh_token"]})
    assert again.status_code == 401


async def test_a_reused_refresh_token_closes_the_sessions_socket(door: Door) -> None:
    person = await door.person()
    body = {"refresh_token": person.refresh_token}
    async with door.socket(person) as socket:
        assert (await door.http.post("/api/auth/refresh", json=body)).status_code == 200
        assert (await door.http.post("/api/auth/refresh", json=body)).status_code == 401
        async with asyncio.timeout(3 * SECONDS):
            assert await frames_until_closed(socket) == ([], 4003)


async def test_a_deleted_account_is_gone_with_all_that_was_its(door: Door, database: Pool) -> None:
    person = await door.person()
    second = await logged_in(door, person)
    wish = {"name": "x", "scopes": ["runs:read"]}
    key = (await door.http.post("/api/auth/keys", headers=person.headers, json=wish)).json()
    asked = await door.post(person, "something private")
    for body in (None, {"password": "not this one"}):
        answer = await door.http.request("DELETE", "/api/auth/me", headers=person.headers, json=body)
        assert answer.status_code in {401, 403}
    assert await status(door, person) == 200
    async with door.socket(second) as socket:
        body = {"password": PASSWORD}
        answer = await door.http.request("DELETE", "/api/auth/me", headers=person.headers, json=body)
        assert answer.status_code == 204, answer.text
        assert await frames_until_closed(socket) == ([], 4003)
    for headers in (person.headers, second.headers, {"Authorization": f"Bearer {key['key']}"}):
        assert (await door.http.get("/api/threads", headers=headers)).status_code == 401
        assert (await door.http.get(f"/api/runs/{asked['run_id']}", headers=headers)).status_code == 401
        with pytest.raises(InvalidStatus) as caught:
            async with connect(door.socket_address, additional_headers=headers):
                pass
        assert caught.value.response.status_code == 401
    assert (await door.http.post("/api/auth/refresh", json={"refresh_token": second.refresh_token})).status_code == 401
    login = {"email": person.email, "password": PASSWORD}
    assert (await door.http.post("/api/auth/login", json=login)).status_code == 401
    assert await left_of(database, person, asked["thread_id"]) == []
    assert (await door.http.post("/api/auth/register", json=login)).status_code == 201, "the email is free again"


async def left_of(database: Pool, person: Person, thread_id: str) -> list[str]:
    """Tables that still have a row with the person's id, thread or email.

    Besides the audit log, and the mark that says of whom Valkey has something to forget.
    """
    tables = await database.fetch("select tablename from pg_tables where schemaname = 'public'")
    found: list[str] = []
    for table in {row["tablename"] for row in tables} - {"audit_events", "departures"}:
        query = f"select exists (select from {table} t where t::text ~* $1)"  # noqa: S608 - names from the catalogue
        if await database.fetchval(query, f"{person.user_id}|{thread_id}|{person.email}"):
            found.append(table)
    return found


async def test_a_run_of_a_deleted_account_ends(door: Door) -> None:
    person = await door.person()
    async with door.socket(person) as socket:
        await said(socket, type="user_message", content="hi")
        body = {"password": PASSWORD}
        assert (await door.http.request("DELETE", "/api/auth/me", headers=person.headers, json=body)).status_code == 204
        frames, code = await frames_until_closed(socket)
    assert code == 4003
    assert not [f for f in frames if f["type"] == "error"]
    assert not [x for x in door.lines() if x["level"] == "error" and x["logger"].startswith("netra")]

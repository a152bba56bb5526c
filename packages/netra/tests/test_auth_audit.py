"""The audit log and the role that may read it: every security event is a row, for good, and none holds a secret."""

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from netra_doors import PASSWORD, Door, Person, opened
from netra_relays import relayed
from netra_runs import eventually

from netra.stores.database import Pool
from netra.stores.postgres import PostgresError

NETRA = Path(sys.executable).parent / "netra"


async def netra(environ: Mapping[str, str], *words: str) -> tuple[int, str]:
    """A command's exit code and output."""
    process = await asyncio.create_subprocess_exec(
        NETRA, *words, env={**environ}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def operator(door: Door, environ: Mapping[str, str]) -> Person:
    person = await door.person()
    code, out = await netra(environ, "user", "promote", person.email)
    assert (code, out) == (0, f"{person.email} is operator now\n")

    async def promoted() -> bool:
        return (await door.http.get("/api/operator/audit", headers=person.headers)).status_code == 200

    await eventually(promoted, 6)
    return person


@pytest.fixture(scope="module")
async def reader(door: Door, environ: Mapping[str, str]) -> Person:
    return await operator(door, environ)


async def events(door: Door, reader: Person, **query: str) -> list[dict[str, Any]]:
    answer = await door.http.get("/api/operator/audit", headers=reader.headers, params={"limit": "500", **query})
    assert answer.status_code == 200, answer.text
    return answer.json()["events"]


async def test_a_user_reads_nothing_of_it(door: Door) -> None:
    person = await door.person()
    for path in ("/api/operator/audit", "/api/operator/runs"):
        answer = await door.http.get(path, headers=person.headers)
        assert (answer.status_code, answer.json()["error"]["where"]) == (403, "role")
        assert (await door.http.get(path)).status_code == 401


async def test_the_role_is_given_and_taken_within_seconds_and_noted(door: Door, environ: Mapping[str, str]) -> None:
    person = await operator(door, environ)
    assert (await netra(environ, "user", "promote", person.email))[1] == f"{person.email} is operator already\n"
    noted = await events(door, person, user_id=person.user_id, type="role_changed")
    assert [(e["detail"], e["actor"].startswith("netra user")) for e in noted] == [("user to operator", True)]
    wish = {"name": "x", "scopes": ["operator"]}
    key = (await door.http.post("/api/auth/keys", headers=person.headers, json=wish)).json()["key"]
    program = {"Authorization": f"Bearer {key}"}
    assert (await door.http.get("/api/operator/audit", headers=program)).status_code == 200
    wish = {"name": "x", "scopes": ["runs:read"]}
    key = (await door.http.post("/api/auth/keys", headers=person.headers, json=wish)).json()["key"]
    without = {"Authorization": f"Bearer {key}"}
    assert (await door.http.get("/api/operator/audit", headers=without)).status_code == 403, "scopes bind operators too"
    assert (await netra(environ, "user", "demote", person.email))[0] == 0
    code, out = await netra(environ, "user", "promote", "nobody@example.com")
    assert (code, "there is no account nobody@example.com" in out) == (1, True)

    async def demoted() -> bool:
        asked = [await door.http.get("/api/operator/audit", headers=h) for h in (person.headers, program)]
        return [a.status_code for a in asked] == [403, 403]

    await eventually(demoted, 6)


async def test_every_event_of_a_life_is_a_row(door: Door, reader: Person) -> None:
    person = await door.person()
    login = {"email": person.email, "password": PASSWORD}
    nonce = f"audit-{uuid4().hex}"
    await door.http.post("/api/auth/login", json={**login, "password": "a wrong password"})
    logged_in = await door.http.post("/api/auth/login", json=login, headers={"X-Request-ID": nonce})
    refreshed = await door.http.post("/api/auth/refresh", json={"refresh_token": person.refresh_token})
    again = await door.known(person.email, logged_in.json())
    await door.http.post("/api/auth/refresh", json={"refresh_token": person.refresh_token})
    wish = {"name": "x", "scopes": ["runs:read"]}
    made = (await door.http.post("/api/auth/keys", headers=again.headers, json=wish)).json()
    await door.http.delete(f"/api/auth/keys/{made['id']}", headers=again.headers)
    await door.http.post("/api/auth/logout", headers=again.headers)
    fresh = await door.known(person.email, (await door.http.post("/api/auth/login", json=login)).json())
    change = {"current_password": PASSWORD, "new_password": "another password"}
    await door.http.post("/api/auth/password", headers=fresh.headers, json=change)
    login["password"] = "another password"
    last = await door.known(person.email, (await door.http.post("/api/auth/login", json=login)).json())
    await door.http.post("/api/auth/logout-everywhere", headers=last.headers)
    last = await door.known(person.email, (await door.http.post("/api/auth/login", json=login)).json())
    deletion = {"password": "another password"}
    assert (await door.http.request("DELETE", "/api/auth/me", headers=last.headers, json=deletion)).status_code == 204
    expected = [
        "account_deleted",
        "logged_in",
        "logged_out_everywhere",
        "logged_in",
        "password_changed",
        "logged_in",
        "logged_out",
        "key_revoked",
        "key_created",
        "refresh_reused",
        "refreshed",
        "logged_in",
        "registered",
    ]

    async def all_there() -> bool:
        rows = await events(door, reader, user_id=person.user_id)
        return "login_failed" in {e["type"] for e in rows}

    await eventually(all_there, 6)
    rows = await events(door, reader, user_id=person.user_id)
    assert [e["type"] for e in rows if e["type"] != "login_failed"] == expected
    assert [e["request_id"] for e in rows if e["request_id"] == nonce] == [nonce]
    assert {e["address"] for e in rows} == {"127.0.0.1"}
    secrets = [PASSWORD, "a wrong password", "another password", made["key"], person.refresh_token, person.email]
    secrets += [refreshed.json()["access_token"], refreshed.json()["refresh_token"]]
    assert not [s for s in secrets if s in str(rows)]


async def test_refusals_are_counted_and_written_within_a_second(door: Door, reader: Person) -> None:
    email = f"{uuid4().hex}@example.com"
    for _ in range(12):
        await door.http.post("/api/auth/login", json={"email": email, "password": "a guess"})
    bad = {"Authorization": "Bearer not.a.token"}
    await asyncio.gather(*(door.http.get("/api/threads", headers=bad) for _ in range(20)))

    async def counted() -> bool:
        rows = await events(door, reader)
        times = {
            kind: sum(e["times"] for e in rows if e["type"] == kind)
            for kind in ("login_failed", "throttled", "token_refused")
        }
        assert times["throttled"] <= 2
        return times["login_failed"] >= 10 and times["throttled"] == 2 and times["token_refused"] >= 20

    await eventually(counted, 6)
    rows = [e for e in await events(door, reader, type="token_refused") if "genuine" in e["detail"]]
    assert len(rows) <= 5, "what is alike is one row a second"
    assert rows[0]["request_id"]


async def test_it_is_read_page_by_page(door: Door, reader: Person) -> None:
    for _ in range(5):
        await door.person()
    seen: list[int] = []
    query: dict[str, str] = {"limit": "2", "type": "registered"}
    while True:
        page = (await door.http.get("/api/operator/audit", headers=reader.headers, params=query)).json()
        seen += [e["id"] for e in page["events"]]
        if page["next_before"] is None:
            break
        query["before"] = str(page["next_before"])
    assert len(seen) >= 6
    assert seen == sorted(set(seen), reverse=True)
    for wrong in ({"limit": "0"}, {"before": "0"}, {"type": "dance"}, {"user_id": "x"}, {"other": "1"}):
        answer = await door.http.get("/api/operator/audit", headers=reader.headers, params=wrong)
        assert answer.status_code == 422


async def test_rows_are_only_added(door: Door, database: Pool) -> None:
    await door.person()
    for statement in ("update audit_events set detail = 'x'", "delete from audit_events", "truncate audit_events"):
        with pytest.raises(PostgresError, match="only added"):
            await database.execute(statement)


async def test_operators_see_runs_and_never_what_anybody_wrote(door: Door, reader: Person) -> None:
    person = await door.person()
    asked = await door.post(person, "a private question")
    answer = await door.http.get("/api/operator/runs", headers=reader.headers, params={"status": "queued"})
    assert "a private question" not in answer.text
    found = [run for run in answer.json()["runs"] if run["run_id"] == asked["run_id"]]
    assert [(r["user_id"], r["status"]) for r in found] == [(person.user_id, "queued")]
    assert (await door.http.get(f"/api/runs/{asked['run_id']}", headers=reader.headers)).status_code == 404


@pytest.mark.slow
async def test_refusals_wait_while_the_database_is_away(
    environ: Mapping[str, str], database: Pool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with relayed(int(environ["POSTGRES_PORT"])) as relay:
        far = {**environ, "POSTGRES_PORT": str(relay.port)}
        async with opened(far, tmp_path_factory.mktemp("far")) as door:
            await relay.refuse()
            nonce = f"lost-{uuid4().hex}"
            headers = {"Authorization": "Bearer not.a.token", "X-Request-ID": nonce}
            assert (await door.http.get("/api/threads", headers=headers)).status_code == 401

            async def waited() -> bool:
                return any(line["event"] == "audit events wait" for line in door.lines())

            await eventually(waited, 10)
            await relay.restore()

            async def kept() -> bool:
                query = "select count(*) from audit_events where request_id = $1"
                return await database.fetchval(query, nonce) == 1

            await eventually(kept, 20)

"""Every refusal is in the audit log: what was refused, from where, and whose credential it was where one is known."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from netra_doors import PASSWORD, Door, Person, opened, said_and_heard
from netra_runs import eventually
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from netra.settings.model import Settings
from netra.stores import valkey
from netra.stores.database import Pool


async def noted(database: Pool, kind: str, detail: str, person: Person | None = None) -> None:
    """Wait until such a refusal is in the log."""
    query = "select count(*) from audit_events where type = $1 and detail ~ $2 and user_id is not distinct from $3"

    async def found() -> bool:
        return await database.fetchval(query, kind, detail, UUID(person.user_id) if person else None) > 0

    await eventually(found, 6)


async def key_of(door: Door, person: Person, *scopes: str) -> dict[str, str]:
    wish = {"name": "x", "scopes": scopes}
    key = (await door.http.post("/api/auth/keys", headers=person.headers, json=wish)).json()["key"]
    return {"Authorization": f"Bearer {key}"}


async def test_a_registration_of_an_email_that_is_taken(door: Door, database: Pool) -> None:
    person = await door.person()
    body = {"email": person.email, "password": PASSWORD}
    assert (await door.http.post("/api/auth/register", json=body)).status_code == 409
    await noted(database, "registration_refused", "has an account")


async def test_registrations_that_are_too_many(
    environ: Mapping[str, str], settings: Settings, database: Pool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """From an address that only a trusted proxy tells, so that no other test's registrations count."""
    network = f"2001:db8:{uuid4().int % 8999 + 1000}"
    client = valkey.open_client(settings.redis)
    await client.set(f"window:register:address:{network}::/64", 299, px=60_000)
    await client.aclose()
    statuses: list[int] = []
    async with opened({**environ, "WEB_TRUSTED_PROXIES": "127.0.0.1"}, tmp_path_factory.mktemp("proxied")) as door:
        for n in range(2):
            headers = {"X-Forwarded-For": f"{network}::{n + 1:x}"}
            body = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
            statuses.append((await door.http.post("/api/auth/register", json=body, headers=headers)).status_code)
        assert statuses == [201, 429], "an IPv6 network is one address"
        await noted(database, "throttled", "registrations")


async def test_what_a_role_or_scope_does_not_allow(door: Door, database: Pool) -> None:
    person = await door.person()
    assert (await door.http.get("/api/operator/audit", headers=person.headers)).status_code == 403
    await noted(database, "access_refused", "only operators", person)
    wish = {"name": "x", "scopes": ["operator"]}
    assert (await door.http.post("/api/auth/keys", headers=person.headers, json=wish)).status_code == 403
    await noted(database, "access_refused", "operator's key", person)
    reads = await key_of(door, person, "runs:read")
    assert (await door.http.post("/api/threads", headers=reads)).status_code == 403
    await noted(database, "access_refused", "lacks the scope runs:write", person)
    address, approval = f"/api/runs/{uuid4()}/approvals/actions-1", {"approved": True}
    writes, approves = (
        await key_of(door, person, "runs:read", "runs:write"),
        await key_of(door, person, "approvals:write"),
    )
    assert (await door.http.post(address, headers=writes, json=approval)).status_code == 403
    await noted(database, "access_refused", "lacks the scope approvals:write", person)
    assert (await door.http.post(address, headers=approves, json=approval)).status_code == 404
    assert (await door.http.post("/api/auth/logout-everywhere", headers=reads)).status_code == 403
    await noted(database, "access_refused", "an API key may not", person)


async def test_what_a_scope_does_not_allow_over_the_socket(door: Door, database: Pool) -> None:
    person = await door.person()
    key = (await key_of(door, person, "runs:write"))["Authorization"].removeprefix("Bearer ")
    async with door.socket(replace(person, access_token=key)) as socket:
        refused = await said_and_heard(socket, type="resume", run_id=str(uuid4()), after=0)
        approval = {"type": "approve", "run_id": str(uuid4()), "call_id": "actions-1", "approved": True}
        unapproved = await said_and_heard(socket, **approval)
    assert (refused["type"], unapproved["type"], unapproved["code"]) == ("error", "error", "forbidden")
    await noted(database, "access_refused", "lacks the scope runs:read", person)
    await noted(database, "access_refused", "lacks the scope approvals:write", person)


async def test_a_proof_that_is_none(door: Door, database: Pool) -> None:
    person = await door.person()
    assert (await door.http.delete("/api/auth/me", headers=person.headers)).status_code == 403
    await noted(database, "proof_refused", "password is needed")


async def test_a_token_in_the_address_and_a_page_of_another_site(door: Door, database: Pool) -> None:
    person = await door.person()
    query = {"access_token": person.access_token}
    assert (await door.http.get("/api/threads", params=query)).status_code == 401
    with pytest.raises(InvalidStatus):
        async with connect(f"{door.socket_address}?token=x"):
            pass
    await noted(database, "token_refused", "in the address")
    login = {"email": person.email, "password": PASSWORD}
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert (await door.http.post("/api/auth/cookie", json=login, headers=elsewhere)).status_code == 403
    await noted(database, "access_refused", "own pages")
    assert await database.fetchval("select count(*) from audit_events where detail ~ $1", person.access_token) == 0


async def test_a_request_without_any_token_is_no_attempt(door: Door, database: Pool) -> None:
    assert (await door.http.get("/api/threads")).status_code == 401
    assert (await door.http.get("/api/threads", headers={"Authorization": "Bearer x"})).status_code == 401
    await noted(database, "token_refused", "not genuine")
    assert await database.fetchval("select count(*) from audit_events where detail ~ 'no access token'") == 0

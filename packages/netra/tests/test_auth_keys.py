"""API keys: shown once, limited by scopes, revocable, refused where only a person may act."""

from typing import Any

import httpx
import pytest
from netra_doors import Door, Person, frames_until_closed, heard, said_and_heard
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from netra.stores.database import Pool


async def made(door: Door, person: Person, *scopes: str, days: int | None = 90) -> dict[str, Any]:
    body = {"name": "a program", "scopes": scopes, "expires_in_days": days}
    answer = await door.http.post("/api/auth/keys", headers=person.headers, json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json()


def bearer(key: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {key['key']}"}


async def listed(door: Door, person: Person) -> httpx.Response:
    return await door.http.get("/api/auth/keys", headers=person.headers)


async def test_a_key_is_shown_once_and_kept_as_a_hash(door: Door, database: Pool) -> None:
    person = await door.person()
    key = await made(door, person, "runs:read", "runs:write")
    assert key["key"].startswith(key["prefix"] + "_")
    assert len(key["key"]) > 50
    answer = await listed(door, person)
    assert key["key"] not in answer.text
    shown = answer.json()["keys"]
    assert [(k["id"], k["prefix"], k["name"], k["last_used_at"]) for k in shown] == [
        (key["id"], key["prefix"], "a program", None)
    ]
    kept = await database.fetchval("select k::text from api_keys k where id = $1", key["id"])
    assert key["prefix"] in kept
    assert key["key"].removeprefix(key["prefix"] + "_") not in kept
    assert key["key"] not in door.log.read_text()


async def test_a_key_asks_and_reads_at_both_doors_and_its_use_is_noted(door: Door) -> None:
    person = await door.person()
    key = await made(door, person, "runs:read", "runs:write")
    thread = await door.http.post("/api/threads", headers=bearer(key))
    assert thread.status_code == 201
    assert (await door.http.get("/api/threads", headers=bearer(key))).json()["threads"]
    async with connect(door.socket_address, additional_headers=bearer(key)) as socket:
        assert (await heard(socket))["user_id"] == person.user_id
        accepted = await said_and_heard(socket, type="user_message", content="hi")
        assert accepted["type"] == "message_accepted"
    assert (await listed(door, person)).json()["keys"][0]["last_used_at"]


async def test_a_key_does_only_what_its_scopes_allow(door: Door) -> None:
    person = await door.person()
    reader, writer = await made(door, person, "runs:read"), await made(door, person, "runs:write")
    asked = await door.post(person)
    for key, method, path in (
        (reader, "POST", "/api/threads"),
        (reader, "PATCH", f"/api/threads/{asked['thread_id']}"),
        (reader, "DELETE", f"/api/threads/{asked['thread_id']}"),
        (reader, "POST", f"/api/runs/{asked['run_id']}/cancel"),
        (writer, "GET", "/api/threads"),
        (writer, "GET", f"/api/runs/{asked['run_id']}/events"),
    ):
        body = {"title": "x"} if method == "PATCH" else None
        answer = await door.http.request(method, path, headers=bearer(key), json=body)
        assert (answer.status_code, answer.json()["error"]["where"]) == (403, "scopes"), (method, path)
    async with connect(door.socket_address, additional_headers=bearer(reader)) as socket:
        await heard(socket)
        for frame in ({"type": "user_message", "content": "x"}, {"type": "cancel", "run_id": asked["run_id"]}):
            assert (await said_and_heard(socket, **frame))["code"] == "forbidden"
        resumed = await said_and_heard(socket, type="resume", run_id=asked["run_id"], after=0)
        assert resumed["type"] == "run_queued"
    async with connect(door.socket_address, additional_headers=bearer(writer)) as socket:
        await heard(socket)
        refused = await said_and_heard(socket, type="resume", run_id=asked["run_id"], after=0)
        assert refused["code"] == "forbidden"


PERSONAL = [
    ("GET", "/api/auth/keys", None),
    ("POST", "/api/auth/keys", {"name": "more", "scopes": ["runs:read"]}),
    ("DELETE", "/api/auth/keys/00000000-0000-0000-0000-000000000000", None),
    ("POST", "/api/auth/password", {"current_password": "x" * 8, "new_password": "y" * 8}),
    ("POST", "/api/auth/logout", None),
    ("POST", "/api/auth/logout-everywhere", None),
    ("DELETE", "/api/auth/me", None),
]


@pytest.mark.parametrize(("method", "path", "body"), PERSONAL)
async def test_a_key_never_does_what_only_its_person_may(door: Door, method: str, path: str, body: object) -> None:
    key = await made(door, await door.person(), "runs:read", "runs:write")
    answer = await door.http.request(method, path, headers=bearer(key), json=body)
    assert answer.status_code == 403, answer.text
    assert "API key" in answer.json()["error"]["message"]
    assert (await door.http.get("/api/auth/me", headers=bearer(key))).status_code == 200, "the control"


async def test_a_revoked_key_is_refused_everywhere_and_its_socket_closes(door: Door) -> None:
    person = await door.person()
    key, other = await made(door, person, "runs:read"), await made(door, person, "runs:read")
    async with connect(door.socket_address, additional_headers=bearer(key)) as socket:
        await heard(socket)
        revoked = await door.http.delete(f"/api/auth/keys/{key['id']}", headers=person.headers)
        assert revoked.status_code == 204
        assert await frames_until_closed(socket) == ([], 4003)
    assert (await door.http.get("/api/threads", headers=bearer(key))).status_code == 401
    with pytest.raises(InvalidStatus) as caught:
        async with connect(door.socket_address, additional_headers=bearer(key)):
            pass
    assert caught.value.response.status_code == 401
    assert (await door.http.get("/api/threads", headers=bearer(other))).status_code == 200
    assert [k["id"] for k in (await listed(door, person)).json()["keys"]] == [other["id"]]
    again = await door.http.delete(f"/api/auth/keys/{key['id']}", headers=person.headers)
    assert again.status_code == 404


async def test_somebody_elses_key_does_not_exist(door: Door) -> None:
    owner, other = await door.person(), await door.person()
    key = await made(door, owner, "runs:read")
    assert (await door.http.delete(f"/api/auth/keys/{key['id']}", headers=other.headers)).status_code == 404
    assert (await listed(door, other)).json()["keys"] == []
    assert (await door.http.get("/api/threads", headers=bearer(key))).status_code == 200


async def test_an_expired_or_unknown_key_is_refused(door: Door, database: Pool) -> None:
    key = await made(door, await door.person(), "runs:read")
    await database.execute("update api_keys set expires_at = now() - interval '1 second' where id = $1", key["id"])
    unknown = {"key": f"netra_00000000_{'A' * 43}"}
    cut = {"key": key["key"][:-1]}
    for refused in (key, unknown, cut, {"key": "netra_"}):
        answer = await door.http.get("/api/threads", headers=bearer(refused))
        assert answer.status_code == 401
        assert refused["key"] not in answer.text


async def test_a_socket_ends_when_its_key_expires(door: Door, database: Pool) -> None:
    key = await made(door, await door.person(), "runs:read")
    await database.execute("update api_keys set expires_at = now() + interval '1 second' where id = $1", key["id"])
    async with connect(door.socket_address, additional_headers=bearer(key)) as socket:
        await heard(socket)
        assert await frames_until_closed(socket) == ([], 4001)


async def test_a_user_may_not_make_an_operators_key(door: Door) -> None:
    person = await door.person()
    body = {"name": "x", "scopes": ["operator"]}
    assert (await door.http.post("/api/auth/keys", headers=person.headers, json=body)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["everything"]},
        {"name": "", "scopes": ["runs:read"]},
        {"name": "x", "scopes": ["runs:read"], "expires_in_days": 0},
        {"name": "x\x00", "scopes": ["runs:read"]},
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused(door: Door, body: dict[str, object]) -> None:
    person = await door.person()
    assert (await door.http.post("/api/auth/keys", headers=person.headers, json=body)).status_code == 422


async def test_there_are_at_most_fifty(door: Door) -> None:
    person = await door.person()
    keys = [await made(door, person, "runs:read", days=None) for _ in range(50)]
    body = {"name": "one more", "scopes": ["runs:read"]}
    assert (await door.http.post("/api/auth/keys", headers=person.headers, json=body)).status_code == 409
    await door.http.delete(f"/api/auth/keys/{keys[0]['id']}", headers=person.headers)
    assert (await door.http.post("/api/auth/keys", headers=person.headers, json=body)).status_code == 201

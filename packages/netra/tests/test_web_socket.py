"""The door `/ws`: who may open it, what it answers, and that nothing a client sends breaks it."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
import pytest
from netra_doors import Door, frames_until_closed, heard, is_uuid, offered, said, said_and_heard, until
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from netra.auth.keys import SigningKey
from netra.stores.database import Pool


async def test_the_first_frame_says_who_is_at_both_ends(door: Door) -> None:
    person = await door.person()
    version = (await door.http.get("/api/version")).json()
    async with connect(door.socket_address, additional_headers=person.headers) as socket:
        assert await heard(socket) == {
            "type": "ready",
            "revision": version["revision"],
            "config_fingerprint": version["config_fingerprint"],
            "user_id": person.user_id,
            "heartbeat_s": 20.0,
            "protocol": 1,
        }


async def test_a_browser_sends_its_token_as_a_subprotocol(door: Door) -> None:
    person = await door.person()
    async with connect(door.socket_address, subprotocols=offered(person)) as socket:
        assert socket.subprotocol == "bearer", "one of the offered must be echoed, and never the token"
        assert (await heard(socket))["user_id"] == person.user_id


async def test_without_a_token_the_handshake_is_refused_with_a_reason(door: Door) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with connect(door.socket_address, additional_headers={"X-Request-ID": "nonce-41"}):
            pass
    response = caught.value.response
    assert response.status_code == 401
    assert json.loads(response.body or b"")["error"]["code"] == "unauthorized"
    assert response.headers["X-Request-ID"] == "nonce-41"
    assert response.headers["X-Netra-Revision"] == "test-1"


async def test_handshakes_are_logged_with_their_request_id(door: Door) -> None:
    person = await door.person()
    headers = {**person.headers, "X-Request-ID": "nonce-42"}
    async with connect(door.socket_address, additional_headers=headers) as socket:
        await heard(socket)
        response = socket.response
        assert response is not None
        assert response.headers["X-Request-ID"] == "nonce-42"
    line = await door.logged("nonce-42", "handshake")
    assert (line["status"], line["path"], line["user_id"]) == (101, "/ws", person.user_id)


async def test_pages_of_other_origins_may_not_open_it(door: Door) -> None:
    person = await door.person()
    with pytest.raises(InvalidStatus) as caught:
        async with connect(
            door.socket_address, additional_headers=person.headers, origin=Origin("https://evil.example")
        ):
            pass
    assert caught.value.response.status_code == 403
    for origin in ("https://app.example.com", door.address):
        async with connect(door.socket_address, additional_headers=person.headers, origin=Origin(origin)) as socket:
            assert (await heard(socket))["type"] == "ready"


MALFORMED = [
    "",
    "not json",
    "[]",
    "null",
    "{}",
    '{"type":"dance"}',
    '{"type":"user_message"}',
    '{"type":"user_message","content":7}',
    '{"type":"user_message","content":""}',
    '{"type":"user_message","content":"a\\u0000b"}',
    '{"type":"user_message","content":"\\ud800"}',
    '{"type":"user_message","content":"x","thread_id":"7"}',
    '{"type":"user_message","content":"x","extra":1}',
    '{"type":"resume","run_id":"x","after":0}',
    '{"type":"resume","run_id":"00000000-0000-0000-0000-000000000000","after":-1}',
    '{"type":"resume","run_id":"00000000-0000-0000-0000-000000000000","after":99999999999}',
    '{"type":"cancel"}',
    "{" * 5000,
    b"\x00\x01binary",
]


async def test_malformed_frames_are_answered_and_the_socket_stays(door: Door) -> None:
    person = await door.person()
    async with door.socket(person) as socket:
        for frame in MALFORMED:
            await socket.send(frame)
            answer = await heard(socket)
            assert answer["type"] == "error", frame
            assert answer["code"] == "invalid", (frame, answer)
            assert answer["message"]
        assert (await said_and_heard(socket, type="ping"))["type"] == "pong"


async def test_a_frame_over_the_limit_is_refused_and_the_socket_stays(door: Door) -> None:
    person = await door.person()
    async with door.socket(person) as socket:
        answer = await said_and_heard(socket, type="user_message", content="x" * 70_000)
        assert (answer["type"], answer["code"]) == ("error", "too_large")
        assert (await said_and_heard(socket, type="ping"))["type"] == "pong"


@pytest.mark.parametrize("letter", ["\u00e9", "\U0001f99c", "\x01", "x"])
async def test_a_message_up_to_the_limit_is_accepted_however_it_is_escaped(door: Door, letter: str) -> None:
    person = await door.person()
    content = "hi" + letter * ((65_536 - 2) // len(letter.encode()))
    thread = (await door.post(person))["thread_id"]
    async with door.socket(person) as socket:
        accepted = await said_and_heard(socket, type="user_message", content=content)
        assert accepted["type"] == "message_accepted", accepted
        assert (await heard(socket))["type"] == "run_queued"
        over = await said_and_heard(socket, type="user_message", content=f"{content}{letter}  ")
        assert (over["code"], over["where"]) == ("too_large", "content")
    path = f"/api/threads/{thread}/messages"
    body = {"Content-Type": "application/json", **person.headers}
    answer = await door.http.post(path, headers=body, content=json.dumps({"content": content}))
    assert answer.status_code == 202, answer.text
    answer = await door.http.post(path, headers=body, content=json.dumps({"content": f"{content}{letter}  "}))
    assert answer.status_code == 413


async def test_a_frame_far_over_the_limit_ends_the_socket(door: Door) -> None:
    person = await door.person()
    async with door.socket(person) as socket:
        await said(socket, type="user_message", content="x" * 1_000_000)
        assert await frames_until_closed(socket) == ([], 1009)


async def test_a_message_is_accepted_with_the_clients_own_id(door: Door) -> None:
    person = await door.person()
    async with door.socket(person) as socket:
        accepted = await said_and_heard(socket, type="user_message", content="hi", client_message_id="c-1")
        assert (accepted["type"], accepted["client_message_id"]) == ("message_accepted", "c-1")
        assert is_uuid(accepted["run_id"])
        queued = await heard(socket)
        assert (queued["type"], queued["seq"], queued["run_id"]) == ("run_queued", 1, accepted["run_id"])
        again = await said_and_heard(
            socket, type="user_message", content="and", thread_id=accepted["thread_id"], client_message_id="c-2"
        )
        assert (again["thread_id"], again["client_message_id"]) == (accepted["thread_id"], "c-2")


async def test_other_peoples_threads_and_runs_do_not_exist_here_either(door: Door) -> None:
    owner, other = await door.person(), await door.person()
    asked = await door.post(owner)
    async with door.socket(other) as socket:
        frames = (
            {"type": "user_message", "content": "x", "thread_id": asked["thread_id"], "client_message_id": "c"},
            {"type": "resume", "run_id": asked["run_id"], "after": 0},
            {"type": "cancel", "run_id": asked["run_id"]},
        )
        for frame in frames:
            answer = await said_and_heard(socket, **frame)
            assert (answer["type"], answer["code"]) == ("error", "not_found"), frame
            assert answer["client_message_id"] == frame.get("client_message_id")
        absent = await said_and_heard(socket, type="resume", run_id=uuid4(), after=0)
        assert absent["code"] == "not_found"
    run = (await door.http.get(f"/api/runs/{asked['run_id']}", headers=owner.headers)).json()
    assert run["status"] == "queued"


async def test_the_plan_counts_here_too(door: Door) -> None:
    person = await door.person()
    await door.use_up(person, 98)
    thread = (await door.post(person))["thread_id"]
    async with door.socket(person) as socket:
        hundredth = await said_and_heard(socket, type="user_message", content="x", thread_id=thread)
        assert hundredth["type"] == "message_accepted"
        assert (await heard(socket))["type"] == "run_queued"
        over = await said_and_heard(
            socket, type="user_message", content="x", thread_id=thread, client_message_id="over"
        )
        assert (over["type"], over["code"], over["client_message_id"]) == ("error", "rate_limited", "over")
        assert over["retry_after"] > 3000
        assert (over["limit"]["name"], over["limit"]["limit"], over["limit"]["remaining"]) == (
            "messages_per_hour",
            100,
            0,
        )


async def test_a_socket_follows_a_bounded_number_of_runs(door: Door, database: Pool) -> None:
    person = await door.promoted(await door.person(), "pro", database)
    asked = await door.post(person)
    newest = ""
    async with door.socket(person) as socket:
        for _ in range(50):
            accepted = await said_and_heard(socket, type="user_message", content="x", thread_id=asked["thread_id"])
            assert accepted["type"] == "message_accepted"
            newest = (await heard(socket))["run_id"]
        for frame in ({"type": "user_message", "content": "x"}, {"type": "resume", "run_id": asked["run_id"]}):
            assert (await said_and_heard(socket, **frame))["code"] == "rate_limited"
        again = await said_and_heard(socket, type="resume", run_id=newest, after=0)
        assert again["type"] == "run_queued", "following a run anew takes no more room"


async def test_an_expired_token_ends_the_socket_with_a_code_that_says_so(
    door: Door, environ: Mapping[str, str]
) -> None:
    person = await door.person()
    key = SigningKey(SecretStr(environ["AUTH_SIGNING_KEY"]))
    claims = jwt.decode(person.access_token, key.public, ["EdDSA"], audience="netra")
    claims["exp"] = datetime.now(UTC) + timedelta(seconds=1)
    short = jwt.encode(claims, key.private, "EdDSA", {"kid": key.published.kid})
    async with connect(door.socket_address, additional_headers={"Authorization": f"Bearer {short}"}) as socket:
        assert (await heard(socket))["type"] == "ready"
        assert await frames_until_closed(socket) == ([], 4001)


@pytest.mark.slow
async def test_an_idle_socket_is_pinged(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    person = await door.person()
    caplog.set_level(logging.DEBUG, "websockets.client")
    async with door.socket(person) as socket:
        await until(lambda: any("< PING" in record.getMessage() for record in caplog.records))
        assert (await said_and_heard(socket, type="ping"))["type"] == "pong"


async def test_plain_http_there_is_no_route(door: Door) -> None:
    assert (await door.http.get("/ws")).status_code == 404


async def test_a_refused_socket_is_no_error_of_the_server(door: Door) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(door.socket_address):
            pass
    assert refused.value.response.status_code == 401
    assert not [line for line in door.lines() if line["level"] == "error"]

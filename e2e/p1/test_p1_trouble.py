"""P1 019, 020, 022 and 023: what is said when something is wrong, cut or stopped."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from e2e.conversation import Conversation, converse
from e2e.frames import assert_lawful, bodies, is_terminal
from e2e.person import Person
from e2e.reading import cancel, log_of, messages_of, read

from goldenpath.testing.doors import REQUEST_ID, Sockets
from goldenpath.testing.target import Target

pytestmark = [pytest.mark.priority(1), pytest.mark.journey("chat"), pytest.mark.category("trouble")]
TOO_LARGE = 70_000


@pytest.mark.title("Every refusal has a machine-readable code, place and hint; a bad frame does not end the socket")
@pytest.mark.proof("log")
async def test_019_error_messages(talk: Conversation, door: httpx.AsyncClient, person: Person) -> None:
    nowhere = f"/api/threads/{uuid4()}/messages"
    refusals = [
        (await door.post(nowhere, headers=person.headers, json={"content": "x"}), 404, "not_found"),
        (await door.post(nowhere, headers=person.headers, json={"content": 7}), 422, "invalid"),
        (await door.post(nowhere, json={"content": "x"}), 401, "unauthorized"),
        (await door.post("/api/auth/register", json={"email": "x", "password": "y" * 12}), 422, "invalid"),
        (await door.post("/api/auth/register", json={"email": person.email, "password": "y" * 12}), 409, "conflict"),
        (await door.get("/api/nothing-here", headers=person.headers), 404, "not_found"),
        (await door.delete("/api/auth/login"), 405, "method_not_allowed"),
    ]
    for answer, status, code in refusals:
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (status, code)
        assert error["message"] != ""
        assert error["where"] or error["hint"], error
        assert error["request_id"] == answer.headers[REQUEST_ID] == answer.request.headers[REQUEST_ID]
    assert refusals[1][0].json()["error"]["where"] == "body.content"
    frames = [
        ("{not json", "invalid"),
        ('{"type": "no_such_frame"}', "invalid"),
        ('{"type": "user_message"}', "invalid"),
        ('{"type": "user_message", "content": "' + "x" * TOO_LARGE + '"}', "too_large"),
        ('{"type": "cancel", "run_id": "' + str(uuid4()) + '"}', "not_found"),
    ]
    for text, code in frames:
        await talk.connection.send(text)
        error = await talk.first("error")
        assert (error["code"], error["message"] != "") == (code, True)
        assert error["where"] or error["hint"], error
    await talk.alive()


@pytest.mark.title("A connection cut in the middle of a run is resumed with nothing lost and nothing twice")
async def test_020_reconnection(
    talk: Conversation, socket: Sockets, door: httpx.AsyncClient, target: Target, nonce: str
) -> None:
    run_id = (await talk.ask(f"Tell me everything. {nonce}"))["run_id"]
    await talk.first("answer_delta")
    talk.connection.transport.abort()
    before = bodies(talk.of_run(run_id))
    assert not any(is_terminal(event) for event in before)
    again = await converse(socket, talk.person, target)
    await again.send(type="resume", run_id=run_id, after=before[-1]["seq"])
    after = bodies(await again.follow(run_id))
    stored = await log_of(door, talk.person, run_id)
    assert_lawful(stored)
    assert before + after == stored


@pytest.mark.title("A run is stopped by its owner in the middle, says so, and the thread goes on")
async def test_022_agent_cancellation(
    talk: Conversation, door: httpx.AsyncClient, person: Person, target: Target, nonce: str
) -> None:
    accepted = await talk.ask(f"Tell me a long story. {nonce}")
    run_id = accepted["run_id"]
    await talk.first("answer_delta")
    await talk.send(type="cancel", run_id=run_id)
    async with asyncio.timeout(min(target.wait_s, 10.0)):
        events = bodies(await talk.follow(run_id))
    assert_lawful(events)
    assert (events[-1]["type"], events[-1]["data"].get("by")) == ("run_cancelled", "owner"), events[-1]
    assert (await read(door, person, f"/api/runs/{run_id}"))["status"] == "cancelled"
    await talk.send(type="cancel", run_id=run_id)
    assert (await talk.first("error"))["code"] == "conflict"
    following = await talk.ask(f"Another question. {nonce}", thread_id=accepted["thread_id"])
    await talk.until(lambda body: body["type"] == "agent_started" and body["run_id"] == following["run_id"])
    await cancel(door, person, following["run_id"])


@pytest.mark.title("What a stopped run had said stays readable, and no more is made of it")
async def test_023_partial_results(talk: Conversation, door: httpx.AsyncClient, person: Person, nonce: str) -> None:
    accepted = await talk.ask(f"How many requests were there? {nonce}")
    run_id = accepted["run_id"]
    said = (await talk.first("answer_delta"))["data"]["text"]
    await cancel(door, person, run_id)
    events = bodies(await talk.follow(run_id))
    assert events[-1]["type"] == "run_cancelled", events[-1]
    stored = await log_of(door, person, run_id)
    assert stored == events
    pieces = "".join(event["data"]["text"] for event in stored if event["type"] == "answer_delta")
    assert pieces.startswith(said)
    assert len(said) > 0
    tools = [(e["data"]["tool"], e["data"]["status"]) for e in stored if e["type"] == "tool_completed"]
    assert tools == [("data_profile", "ok")]
    messages = await messages_of(door, person, accepted["thread_id"])
    assert [m["role"] for m in messages] == ["user"], "a stopped run has no finished answer"
    assert (await log_of(door, person, run_id))[-1]["seq"] == stored[-1]["seq"]

"""P1 001-004 and 025: the socket, and that what it delivers is what happened."""

import asyncio
import json
from uuid import UUID

import httpx
import pytest
from e2e.conversation import Conversation, converse
from e2e.frames import assert_lawful, bodies
from e2e.person import Person
from e2e.reading import cancel, log_of, messages_of
from websockets.exceptions import InvalidStatus

from goldenpath.testing.doors import Sockets
from goldenpath.testing.target import Target

pytestmark = [pytest.mark.priority(1), pytest.mark.journey("chat"), pytest.mark.category("socket")]


@pytest.mark.title("A person's token opens a socket that names revision and person, and answers")
@pytest.mark.proof("log")
async def test_001_websocket_connection(talk: Conversation) -> None:
    ready = talk.frames[0].body
    assert (ready["protocol"], ready["heartbeat_s"] > 0) == (1, True)
    await talk.send(type="ping")
    assert await talk.first("pong") == {"type": "pong"}


@pytest.mark.title("A socket opens for a valid token only, before anything is accepted")
@pytest.mark.proof("log")
async def test_002_websocket_authentication(socket: Sockets, person: Person, target: Target) -> None:
    head, body, signature = person.access_token.split(".")
    forged = f"{head}.{body}.{signature[::-1]}"
    refused: list[dict[str, str]] = [{}, {"Authorization": f"Bearer {forged}"}, {"Authorization": "Bearer x.y.z"}]
    for headers in refused:
        with pytest.raises(InvalidStatus) as refusal:
            await socket(headers)
        assert refusal.value.response.status_code in {401, 403}
    with pytest.raises(InvalidStatus):
        await socket(subprotocols=["bearer", forged])
    browser = await socket(subprotocols=["bearer", person.access_token])
    assert browser.subprotocol == "bearer"
    ready = json.loads(await asyncio.wait_for(browser.recv(), target.wait_s))
    assert (ready["type"], ready["user_id"]) == ("ready", person.user_id)


@pytest.mark.title("A message sent over the socket is accepted by name and is a row at once")
async def test_003_websocket_message_send(
    talk: Conversation, door: httpx.AsyncClient, person: Person, nonce: str
) -> None:
    accepted = await talk.ask(f"Hello {nonce}", client_message_id=f"c-{nonce}")
    assert accepted["client_message_id"] == f"c-{nonce}"
    assert len({UUID(accepted[name]) for name in ("thread_id", "message_id", "run_id")}) == 3
    first = (await messages_of(door, person, accepted["thread_id"]))[0]
    assert (first["role"], first["content"]) == ("user", f"Hello {nonce}")
    assert (first["message_id"], first["run_id"]) == (accepted["message_id"], accepted["run_id"])
    await cancel(door, person, accepted["run_id"])


@pytest.mark.title("The events of a person's run come to the socket by which it was asked, gapless to the end")
async def test_004_websocket_message_receive(talk: Conversation, nonce: str) -> None:
    accepted = await talk.ask(f"How many requests were there? {nonce}")
    events = bodies(await talk.follow(accepted["run_id"]))
    assert_lawful(events)
    assert {event["thread_id"] for event in events} == {accepted["thread_id"]}
    assert (events[0]["type"], events[0]["data"]) == ("run_queued", {"message_id": accepted["message_id"]})
    assert events[-1]["type"] == "agent_completed", events[-1]
    assert len(events[-1]["data"]["answer"]) > 20


@pytest.mark.title("Two sockets, SSE and the log give the same events, once each, in one order")
async def test_025_event_delivery(
    talk: Conversation, socket: Sockets, door: httpx.AsyncClient, target: Target, nonce: str
) -> None:
    person = talk.person
    accepted = await talk.ask(f"What is stored of me? {nonce}")
    run_id = accepted["run_id"]
    other = await converse(socket, person, target)
    await other.send(type="resume", run_id=run_id, after=0)
    first, second, streamed = await asyncio.gather(
        talk.follow(run_id), other.follow(run_id), _stream(door, person, run_id, target)
    )
    stored = await log_of(door, person, run_id)
    assert_lawful(stored)
    assert bodies(first) == bodies(second) == stored
    assert [(event_id, kind, data) for event_id, kind, data in streamed] == [
        (str(event["seq"]), event["type"], event) for event in stored
    ]
    late = await _stream(door, person, run_id, target, last_event_id=3)
    assert [int(event_id) for event_id, _, _ in late] == [event["seq"] for event in stored[3:]]
    await talk.alive()
    assert len(talk.of_run(run_id)) == len(stored), "frames came after the terminal event"


async def _stream(
    door: httpx.AsyncClient, person: Person, run_id: str, target: Target, *, last_event_id: int = 0
) -> list[tuple[str, str, object]]:
    headers = {**person.headers, "Last-Event-ID": str(last_event_id)}
    async with asyncio.timeout(target.wait_s):
        async with door.stream("GET", f"/api/runs/{run_id}/events", headers=headers, timeout=target.wait_s) as answer:
            assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/event-stream")
            text = (await answer.aread()).decode()
    fields = [dict(line.split(": ", 1) for line in block.splitlines() if ": " in line) for block in text.split("\n\n")]
    return [(found["id"], found["event"], json.loads(found["data"])) for found in fields if "id" in found]

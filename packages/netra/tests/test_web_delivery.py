"""Events reach their reader once, in order and complete: live, after a cut, replayed, and when the reader is slow.

The events are written by a second writer on the same log, as a worker does.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from netra_doors import Door, Person, frames_until_closed, heard, said, said_and_heard, until
from websockets.asyncio.client import ClientConnection, connect

from netra.events.laws import breaches
from netra.events.union import (
    EVENTS,
    AgentCompletedData,
    AgentStartedData,
    AgentThinkingData,
    AnswerDeltaData,
    EventData,
)
from netra.runs.frames import Said
from netra.runs.log import EventLog
from netra.runs.publisher import Publisher
from netra.settings.model import Settings
from netra.stores import valkey
from netra.stores.database import Pool

Frames = list[dict[str, Any]]


@pytest.fixture(scope="module")
async def log(settings: Settings, database: Pool) -> AsyncGenerator[EventLog]:
    """The log as a worker writes it: PostgreSQL, then Valkey."""
    client = valkey.open_client(settings.redis)
    async with Publisher(client) as publisher:
        yield EventLog(database, publisher)
    await client.aclose()


async def told(log: EventLog, run_id: str, *facts: EventData, agent: str = "reporting") -> None:
    await log.append(UUID(run_id), 0, [Said(agent, fact) for fact in facts])


async def finished(log: EventLog, run_id: str) -> None:
    await told(log, run_id, AgentCompletedData(result={}, final=True, answer="42", ms=1))


def lawful(frames: Frames) -> None:
    events = [EVENTS.validate_python(frame) for frame in frames]
    assert breaches(events, finished=True) == ()


async def rest_of(socket: ClientConnection) -> Frames:
    frames: Frames = []
    while not frames or not frames[-1]["data"].get("final"):
        frames.append(await heard(socket))
    return frames


async def test_events_arrive_as_they_are_written(door: Door, log: EventLog) -> None:
    person = await door.person()
    async with door.socket(person) as socket:
        run_id = (await said_and_heard(socket, type="user_message", content="hi"))["run_id"]
        seen = [await heard(socket)]
        await told(log, run_id, AgentStartedData(task="answer"))
        seen.append(await heard(socket))
        for n in range(20):
            await told(log, run_id, AnswerDeltaData(text=str(n)))
            seen.append(await heard(socket))
        await finished(log, run_id)
        seen += await rest_of(socket)
        lawful(seen)
        assert (await said_and_heard(socket, type="ping"))["type"] == "pong", "the socket outlives its runs"
    entries = await door.http.get(f"/api/threads/{seen[0]['thread_id']}/messages", headers=person.headers)
    assert [m["role"] for m in entries.json()["messages"]] == ["user", "assistant"]
    assert entries.json()["messages"][1]["content"] == "42"


async def test_several_runs_share_a_socket_without_mixing(door: Door, log: EventLog) -> None:
    person = await door.person()
    async with door.socket(person) as socket:
        runs: dict[str, Frames] = {}
        for n in range(3):
            accepted = await said_and_heard(socket, type="user_message", content=str(n))
            runs[accepted["run_id"]] = [await heard(socket)]
        for run_id in runs:
            await told(log, run_id, AgentStartedData(task="x"), *(AnswerDeltaData(text=str(n)) for n in range(9)))
            await finished(log, run_id)
        for _ in range(3 * 11):
            frame = await heard(socket)
            runs[frame["run_id"]].append(frame)
        for frames in runs.values():
            lawful(frames)


async def test_a_cut_connection_resumes_where_it_was(door: Door, log: EventLog) -> None:
    person = await door.person()
    async with door.socket(person) as socket:
        run_id = (await said_and_heard(socket, type="user_message", content="hi"))["run_id"]
        seen = [await heard(socket)]
        await told(log, run_id, AgentStartedData(task="x"))
        seen.append(await heard(socket))
        socket.transport.abort()
    await told(log, run_id, *(AnswerDeltaData(text=str(n)) for n in range(5)))
    async with door.socket(person) as socket:
        await said(socket, type="resume", run_id=run_id, after=2)
        seen += [await heard(socket) for _ in range(5)]
        await finished(log, run_id)
        seen += await rest_of(socket)
    lawful(seen)
    assert not [line for line in door.lines() if line["level"] == "error"]


async def test_a_message_whose_acceptance_was_lost_is_sent_again_and_said_once(door: Door, log: EventLog) -> None:
    person = await door.person()
    message = {"type": "user_message", "content": "hi", "client_message_id": "m-1"}
    async with door.socket(person) as socket:
        await said(socket, **message)
        socket.transport.abort()
    async with door.socket(person) as socket:
        accepted = await said_and_heard(socket, **message)
        assert (accepted["type"], accepted["client_message_id"]) == ("message_accepted", "m-1")
        assert (await heard(socket))["seq"] == 1
        again = await said_and_heard(socket, **message)
        assert again["run_id"] == accepted["run_id"]
        await told(log, accepted["run_id"], AgentStartedData(task="x"))
        await finished(log, accepted["run_id"])
        lawful(await rest_of(socket))
    path = f"/api/threads/{accepted['thread_id']}/messages"
    entries = (await door.http.get(path, headers=person.headers)).json()["messages"]
    assert [entry["role"] for entry in entries] == ["user", "assistant"]


async def test_a_post_with_a_key_may_be_sent_again_and_counts_once(door: Door) -> None:
    person = await door.person()
    thread = (await door.http.post("/api/threads", headers=person.headers)).json()["thread_id"]
    path, body = f"/api/threads/{thread}/messages", {"content": "hi"}
    keyed = {**person.headers, "Idempotency-Key": "k-1"}
    first, again = [await door.http.post(path, headers=keyed, json=body) for _ in range(2)]
    by_body = await door.http.post(path, headers=person.headers, json={**body, "client_message_id": "k-1"})
    for answer in (again, by_body):
        assert answer.status_code == 202
        assert answer.json() == {**first.json(), "repeated": True}
    other = await door.http.post(path, headers=keyed, json={"content": "something else"})
    assert other.status_code == 409
    last = await door.http.post(path, headers=person.headers, json=body)
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in (first, last)]
    assert left[0] - left[1] == 1


async def test_following_a_run_anew_replaces_the_old_place(door: Door, log: EventLog) -> None:
    person = await door.person()
    async with door.socket(person) as socket:
        run_id = (await said_and_heard(socket, type="user_message", content="hi"))["run_id"]
        assert (await heard(socket))["seq"] == 1
        for _ in range(3):
            assert (await said_and_heard(socket, type="resume", run_id=run_id, after=0))["seq"] == 1
        await told(log, run_id, AgentStartedData(task="x"))
        assert (await heard(socket))["seq"] == 2
        assert (await said_and_heard(socket, type="ping"))["type"] == "pong", "the event came once"


async def test_a_client_that_asks_past_the_end_of_a_finished_run_is_told_nothing(door: Door, log: EventLog) -> None:
    person = await door.person()
    asked = await door.post(person)
    await told(log, asked["run_id"], AgentStartedData(task="x"))
    await finished(log, asked["run_id"])
    async with door.socket(person) as socket:
        await said(socket, type="resume", run_id=asked["run_id"], after=3)
        assert (await said_and_heard(socket, type="ping"))["type"] == "pong"
        await said(socket, type="resume", run_id=asked["run_id"], after=0)
        lawful(await rest_of(socket))


async def test_cancelling_a_waiting_run_ends_it_for_everyone(door: Door) -> None:
    person = await door.person()
    async with door.socket(person) as socket, door.socket(person) as other:
        run_id = (await said_and_heard(socket, type="user_message", content="hi"))["run_id"]
        await heard(socket)
        await said_and_heard(other, type="resume", run_id=run_id, after=0)
        await said(other, type="cancel", run_id=run_id)
        assert (await heard(socket))["type"] == "run_cancelled"
        assert (await heard(other))["type"] == "run_cancelled"
        again = await said_and_heard(other, type="cancel", run_id=run_id)
        assert (again["type"], again["code"], again["run_id"]) == ("error", "conflict", run_id)
    answer = await door.http.post(f"/api/runs/{run_id}/cancel", headers=person.headers)
    assert (answer.status_code, answer.json()["outcome"]) == (202, "ended")


async def long_run(door: Door, log: EventLog, person: Person, thoughts: int) -> str:
    """A finished run with so many thoughts of 4 KiB each."""
    run_id = (await door.post(person))["run_id"]
    await told(log, run_id, AgentStartedData(task="x"))
    thought = AgentThinkingData(text="y" * 4096, step=1)
    for _ in range(thoughts // 100):
        await told(log, run_id, *[thought] * 100)
    await finished(log, run_id)
    return run_id


async def test_a_long_log_is_replayed_completely_to_a_reader_that_keeps_up(door: Door, log: EventLog) -> None:
    person = await door.person()
    run_id = await long_run(door, log, person, thoughts=3000)
    async with door.socket(person) as socket:
        await said(socket, type="resume", run_id=run_id, after=0)
        lawful(await rest_of(socket))


async def test_a_reader_that_stops_reading_is_told_to_resume(door: Door, log: EventLog) -> None:
    person = await door.person()
    run_id = await long_run(door, log, person, thoughts=3000)
    headers = person.headers
    async with connect(door.socket_address, additional_headers=headers, max_queue=1, compression=None) as socket:
        await heard(socket)
        await said(socket, type="resume", run_id=run_id, after=0)
        await until(lambda: any(_gave_up(line, person) for line in door.lines()))
        seen, _ = await frames_until_closed(socket)
    assert 0 < len(seen) < 3000
    async with door.socket(person) as socket:
        await said(socket, type="resume", run_id=run_id, after=seen[-1]["seq"])
        lawful(seen + await rest_of(socket))


def _gave_up(line: dict[str, Any], person: Person) -> bool:
    """A reader that reads nothing cannot be sent the code, but the log has it."""
    return line["event"] == "socket closed" and line.get("user_id") == person.user_id and line["code"] == 4008


def blocks(text: str) -> list[dict[str, str]]:
    parsed = [dict(line.split(": ", 1) for line in block.split("\n")) for block in text.strip().split("\n\n")]
    return [block for block in parsed if "data" in block]


async def test_a_stream_carries_seq_type_and_event(door: Door, log: EventLog) -> None:
    person = await door.person()
    asked = await door.post(person)
    stream = asyncio.create_task(_get_events(door, person, asked["run_id"]))
    await told(log, asked["run_id"], AgentStartedData(task="x"), AnswerDeltaData(text="a\nb"))
    await finished(log, asked["run_id"])
    answer = await asyncio.wait_for(stream, 10)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["Cache-Control"] == "no-store"
    found = blocks(answer.text)
    assert [b["id"] for b in found] == ["1", "2", "3", "4"]
    assert [b["event"] for b in found] == ["run_queued", "agent_started", "answer_delta", "agent_completed"]
    lawful([json.loads(b["data"]) for b in found])


async def test_a_stream_resumes_after_the_last_id_or_the_given_seq(door: Door, log: EventLog) -> None:
    person = await door.person()
    run_id = (await door.post(person))["run_id"]
    await told(log, run_id, AgentStartedData(task="x"), AnswerDeltaData(text="a"))
    await finished(log, run_id)
    by_header = await _get_events(door, person, run_id, {"Last-Event-ID": "2"})
    by_query = await _get_events(door, person, run_id, query="?after=2")
    for answer in (by_header, by_query):
        assert [b["id"] for b in blocks(answer.text)] == ["3", "4"]
    assert (await _get_events(door, person, run_id, {"Last-Event-ID": "4"})).status_code == 204
    listed = await _get_events(door, person, run_id, query="?stream=false&after=1")
    assert [e["seq"] for e in listed.json()] == [2, 3, 4]
    assert (await _get_events(door, person, run_id, {"Last-Event-ID": "x"})).status_code == 422


async def _get_events(
    door: Door, person: Person, run_id: str, headers: dict[str, str] | None = None, query: str = ""
) -> Response:
    path = f"/api/runs/{run_id}/events{query}"
    return await door.http.get(path, headers=person.headers | (headers or {}))

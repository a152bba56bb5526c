"""What the AsyncAPI document says of `/ws` is what goes over it: frames of real conversations are held against it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator
from netra_doors import Door, heard, said, said_and_heard
from netra_runs import Script, worker
from websockets.asyncio.client import connect

from netra.events.union import TYPE_OF
from netra.web.endings import DESCRIBED

QUESTION = "What did each workload cost in the last 7 days?"
Document = Mapping[str, Any]


@pytest.fixture(scope="module")
async def document(door: Door) -> Document:
    answer = await door.http.get("/api/asyncapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


def breaches(document: Document, frame: Mapping[str, Any]) -> list[str]:
    """What of the frame is not as the document says."""
    payload = document["components"]["messages"][frame["type"]]["payload"]
    schema = {**payload, "components": document["components"]}
    found = Draft202012Validator(schema).iter_errors(frame)  # pyright: ignore[reportUnknownMemberType] - partly typed
    return [f"{frame['type']}: {error.json_path} {error.message}" for error in found]


def references(part: Any) -> Iterator[str]:
    match part:
        case {"$ref": str(reference)}:
            yield reference
        case dict():
            for value in part.values():  # pyright: ignore[reportUnknownVariableType] - JSON
                yield from references(value)
        case list():
            for value in part:  # pyright: ignore[reportUnknownVariableType] - JSON
                yield from references(value)
        case _:
            pass


def test_the_document_is_whole(document: Document) -> None:
    assert document["asyncapi"] == "3.0.0"
    for reference in set(references(document)):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert isinstance(found, dict), reference
    told = {r["$ref"].rpartition("/")[2] for r in document["operations"]["tell"]["messages"]}
    assert told == {*TYPE_OF.values(), "ready", "message_accepted", "pong", "error"}
    served = {r["$ref"].rpartition("/")[2] for r in document["operations"]["serve"]["messages"]}
    assert served == {"user_message", "resume", "cancel", "approve", "ping"}
    assert all(str(code) in document["info"]["description"] for code in DESCRIBED)


def test_a_frame_that_is_not_as_it_should_be_is_noticed(document: Document) -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {"type": "ready", "revision": "1"},
        {"type": "pong", "extra": 1},
        {"type": "message_accepted", "thread_id": 7},
        {"type": "agent_started", "seq": 0, "agent": "x", "data": {}},
    )
    for frame in wrong:
        assert breaches(document, frame), frame


async def test_every_frame_of_a_golden_path_is_as_the_document_says(
    door: Door, document: Document, environ: Mapping[str, str], tmp_path: Path
) -> None:
    person = await door.person()
    frames: list[dict[str, Any]] = []
    async with (
        worker(environ, tmp_path, Script(calls=2, words=20)),
        connect(door.socket_address, additional_headers=person.headers) as socket,
    ):
        frames.append(await heard(socket))
        asked: dict[str, Any] = {
            "type": "user_message",
            "content": QUESTION,
            "client_message_id": "1",
            "policy": "reject",
        }
        assert breaches(document, asked) == []
        await said(socket, **asked)
        while not frames[-1].get("data", {}).get("final"):
            frames.append(await heard(socket, 30))
        for sent in (
            {"type": "ping"},
            {"type": "resume", "run_id": str(uuid4()), "after": 3},
            {"type": "cancel", "run_id": frames[-1]["run_id"]},
        ):
            assert breaches(document, sent) == []
            frames.append(await said_and_heard(socket, **sent))
        await socket.send("nonsense")
        frames.append(await heard(socket))
        await said(socket, type="user_message", content="x", thread_id=frames[1]["thread_id"])
        frames.append(await heard(socket))
        await said(socket, type="cancel", run_id=frames[-1]["run_id"])
        while frames[-1]["type"] not in {"run_cancelled", "agent_completed"}:
            frames.append(await heard(socket, 30))
    kinds = {frame["type"] for frame in frames}
    assert {"ready", "message_accepted", "pong", "error", "run_queued", "agent_started", "tool_completed"} <= kinds
    assert [breach for frame in frames for breach in breaches(document, json.loads(json.dumps(frame)))] == []

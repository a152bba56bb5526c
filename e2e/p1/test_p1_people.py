"""P1 016-018: many people at once, each alone with what is theirs, within their limits."""

import asyncio
import json

import httpx
import pytest
from e2e.conversation import Conversation, converse
from e2e.frames import assert_lawful, bodies
from e2e.person import Person, register
from e2e.reading import cancel, messages_of

from goldenpath.testing.doors import Sockets
from goldenpath.testing.target import Target

pytestmark = [pytest.mark.priority(1), pytest.mark.category("people")]
PEOPLE = 5
PATIENT = 1
"""Those who wait for the end of their answer: a small model on a small machine serves few at a time."""
MOST_TRIES = 20
WRONG = "not-the-password"


@pytest.mark.title("People who ask at the same moment each get their own run, and nothing of anybody else's")
@pytest.mark.journey("chat")
async def test_017_concurrent_users(door: httpx.AsyncClient, socket: Sockets, target: Target, nonce: str) -> None:
    people = await asyncio.gather(*(register(door, f"{nonce}-{number}") for number in range(PEOPLE)))
    talks = await asyncio.gather(*(converse(socket, person, target) for person in people))
    canaries = [f"{nonce}-canary-{number}" for number in range(PEOPLE)]
    accepted = await asyncio.gather(*(t.ask(f"Who am I? {c}") for t, c in zip(talks, canaries, strict=True)))
    runs = [frame["run_id"] for frame in accepted]
    assert len(set(runs)) == PEOPLE
    stopping = [number >= PATIENT for number in range(PEOPLE)]
    ends = await asyncio.gather(
        *(_to_its_end(door, talk, run, stop=stop) for talk, run, stop in zip(talks, runs, stopping, strict=True))
    )
    assert ends == ["agent_completed"] * PATIENT + ["run_cancelled"] * (PEOPLE - PATIENT)
    for number, talk in enumerate(talks):
        assert {frame.body["run_id"] for frame in talk.frames if "run_id" in frame.body} == {runs[number]}
        received = json.dumps(bodies(talk.frames))
        assert not [c for c in canaries if c != canaries[number] and c in received]
        said = await messages_of(door, people[number], accepted[number]["thread_id"])
        assert [m["role"] for m in said] == ["user", "assistant"][: 2 if number < PATIENT else 1]
        assert said[0]["content"] == f"Who am I? {canaries[number]}"


async def _to_its_end(door: httpx.AsyncClient, talk: Conversation, run_id: str, *, stop: bool) -> str:
    """Read the whole answer, or stop the run once the answer begins; the type of the last event."""
    await talk.first("answer_delta")
    if stop:
        await cancel(door, talk.person, run_id)
    events = bodies(await talk.follow(run_id))
    assert_lawful(events)
    return str(events[-1]["type"])


@pytest.mark.title("Limits are stated before they are reached, and guessing a password is stopped")
@pytest.mark.journey("account")
async def test_018_rate_limiting(door: httpx.AsyncClient, person: Person, nonce: str) -> None:
    thread = (await door.post("/api/threads", headers=person.headers, json={})).json()["thread_id"]
    left: list[int] = []
    for number in range(2):
        body = {"content": f"Counted {number} {nonce}"}
        answer = await door.post(f"/api/threads/{thread}/messages", headers=person.headers, json=body)
        assert int(answer.headers["X-RateLimit-Limit"]) == 100
        assert 0 < int(answer.headers["X-RateLimit-Reset"]) <= 3600
        left.append(int(answer.headers["X-RateLimit-Remaining"]))
        await cancel(door, person, answer.json()["run_id"])
    assert left == [99, 98]
    answers = [await _try(door, person.email, WRONG)]
    while answers[-1].status_code == 401 and len(answers) < MOST_TRIES:
        answers.append(await _try(door, person.email, WRONG))
    stopped = answers[-1]
    assert (stopped.status_code, stopped.json()["error"]["code"]) == (429, "rate_limited")
    assert int(stopped.headers["Retry-After"]) > 0
    assert stopped.json()["error"]["retry_after"] > 0
    assert len(answers) > 3, "a person may mistype"
    assert (await _try(door, person.email, person.password)).status_code == 429


async def _try(door: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    return await door.post("/api/auth/login", json={"email": email, "password": password})

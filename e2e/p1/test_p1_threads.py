"""P1 012-015, 021 and 024: threads, their messages, and coming back to them."""

import httpx
import pytest
from e2e.conversation import Conversation, converse
from e2e.frames import assert_lawful, bodies
from e2e.person import Person, opened
from e2e.reading import cancel, messages_of, post, read

from goldenpath.testing.doors import Sockets
from goldenpath.testing.target import Target

pytestmark = [pytest.mark.priority(1), pytest.mark.journey("history"), pytest.mark.category("threads")]


@pytest.mark.title("A thread is made by name or by a first message, and is listed, renamed and deleted by its owner")
async def test_013_thread_creation(door: httpx.AsyncClient, person: Person, talk: Conversation, nonce: str) -> None:
    made = await door.post("/api/threads", headers=person.headers, json={"title": f"Plan {nonce}"})
    assert made.status_code == 201, made.text
    named = made.json()["thread_id"]
    accepted = await talk.ask(f"Begin {nonce}")
    await cancel(door, person, accepted["run_id"])
    begun = accepted["thread_id"]
    threads = (await read(door, person, "/api/threads"))["threads"]
    assert {thread["thread_id"]: thread["title"] for thread in threads} == {
        named: f"Plan {nonce}",
        begun: f"Begin {nonce}",
    }
    renamed = await door.patch(f"/api/threads/{named}", headers=person.headers, json={"title": "Other"})
    assert (renamed.status_code, renamed.json()["title"]) == (200, "Other")
    assert (await door.delete(f"/api/threads/{named}", headers=person.headers)).status_code == 204
    left = (await read(door, person, "/api/threads"))["threads"]
    assert [thread["thread_id"] for thread in left] == [begun]


@pytest.mark.title("Two threads on one socket stay apart")
async def test_014_thread_switching(talk: Conversation, door: httpx.AsyncClient, person: Person, nonce: str) -> None:
    one = await talk.ask(f"First {nonce} one")
    two = await talk.ask(f"Second {nonce} two")
    again = await talk.ask(f"Third {nonce} one", thread_id=one["thread_id"])
    assert again["thread_id"] == one["thread_id"] != two["thread_id"]
    for accepted in (again, one, two):
        await cancel(door, person, accepted["run_id"])
        events = bodies(await talk.follow(accepted["run_id"]))
        assert_lawful(events)
        assert {event["thread_id"] for event in events} == {accepted["thread_id"]}
    said = [m["content"] for m in await messages_of(door, person, one["thread_id"]) if m["role"] == "user"]
    assert said == [f"First {nonce} one", f"Third {nonce} one"]
    other = [m["content"] for m in await messages_of(door, person, two["thread_id"]) if m["role"] == "user"]
    assert other == [f"Second {nonce} two"]


@pytest.mark.title("A thread's history reads oldest first, page by page, each message once")
async def test_015_thread_history(door: httpx.AsyncClient, person: Person, nonce: str) -> None:
    thread = (await door.post("/api/threads", headers=person.headers, json={})).json()["thread_id"]
    said = [f"Entry {number} {nonce}" for number in range(5)]
    for content in said:
        await cancel(door, person, (await post(door, person, thread, content))["run_id"])
    path = f"/api/threads/{thread}/messages"
    pages = [await read(door, person, path, limit=2)]
    while pages[-1]["next_after"] is not None:
        pages.append(await read(door, person, path, limit=2, after=pages[-1]["next_after"]))
    assert [len(page["messages"]) for page in pages] == [2, 2, 1]
    read_back = [message for page in pages for message in page["messages"]]
    assert [message["content"] for message in read_back] == said
    positions = [message["position"] for message in read_back]
    assert positions == sorted(set(positions))


@pytest.mark.title("A session is renewed by its refresh token once; a stolen one ends it; the threads stay")
async def test_021_session_persistence(
    door: httpx.AsyncClient, person: Person, socket: Sockets, target: Target, nonce: str
) -> None:
    thread = (await door.post("/api/threads", headers=person.headers, json={})).json()["thread_id"]
    accepted = await post(door, person, thread, f"Remember {nonce}")
    await cancel(door, person, accepted["run_id"])
    renewed = await door.post("/api/auth/refresh", json={"refresh_token": person.refresh_token})
    assert renewed.status_code == 200, renewed.text
    later = await opened(door, person.email, person.password, renewed.json())
    assert later.user_id == person.user_id
    assert later.refresh_token != person.refresh_token
    assert later.access_token != person.access_token
    conversation = await converse(socket, later, target)
    await conversation.send(type="resume", run_id=accepted["run_id"], after=0)
    assert_lawful(bodies(await conversation.follow(accepted["run_id"])))
    assert (await messages_of(door, later, thread))[0]["content"] == f"Remember {nonce}"
    for token in (person.refresh_token, later.refresh_token):
        refused = await door.post("/api/auth/refresh", json={"refresh_token": token})
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorized")


@pytest.mark.title("Two messages of one thread are answered one after the other, in the order they were sent")
@pytest.mark.journey("chat")
async def test_024_message_ordering(talk: Conversation, door: httpx.AsyncClient, person: Person, nonce: str) -> None:
    first = await talk.ask(f"One {nonce}")
    second = await talk.ask(f"Two {nonce}", thread_id=first["thread_id"])
    one = bodies(await talk.follow(first["run_id"]))
    assert_lawful(one)
    assert one[-1]["type"] == "agent_completed", one[-1]
    await talk.until(lambda body: body["type"] == "agent_started" and body["run_id"] == second["run_id"])
    await cancel(door, person, second["run_id"])
    two = bodies(await talk.follow(second["run_id"]))
    assert_lawful(two)
    began = next(event for event in two if event["type"] == "agent_started")
    assert one[-1]["at"] <= began["at"], "the second run began before the first had ended"
    received = bodies(talk.frames)
    assert received.index(one[-1]) < received.index(began)
    messages = [(m["role"], m["content"]) for m in await messages_of(door, person, first["thread_id"])]
    assert messages == [
        ("user", f"One {nonce}"),
        ("user", f"Two {nonce}"),
        ("assistant", one[-1]["data"]["answer"]),
    ]

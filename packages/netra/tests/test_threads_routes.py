"""Threads and messages through the real door: their life, their pages, and that they belong to one person."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netra_doors import Door, Person

from netra.errors import InvalidError
from netra.threads import cursor
from netra.threads.records import Thread


async def test_a_thread_lives(door: Door) -> None:
    person = await door.person()
    made = await door.http.post("/api/threads", headers=person.headers, json={"title": "Costs"})
    assert made.status_code == 201
    path = f"/api/threads/{made.json()['thread_id']}"
    assert (await door.http.get(path, headers=person.headers)).json() == made.json()
    changed = await door.http.patch(path, headers=person.headers, json={"title": "Spend"})
    assert (changed.json()["title"], changed.json()["status"]) == ("Spend", "active")
    archived = await door.http.patch(path, headers=person.headers, json={"status": "archived"})
    assert (archived.json()["title"], archived.json()["status"]) == ("Spend", "archived")
    assert (await _listed(door, person)) == []
    assert len(await _listed(door, person, status="archived")) == 1
    assert (await door.http.delete(path, headers=person.headers)).status_code == 204
    assert (await door.http.get(path, headers=person.headers)).status_code == 404
    assert (await door.http.delete(path, headers=person.headers)).status_code == 404
    assert await _listed(door, person, status="archived") == []


async def test_pages_of_threads_are_complete_and_do_not_overlap(door: Door) -> None:
    person = await door.person()
    made = [
        (await door.http.post("/api/threads", headers=person.headers, json={"title": str(n)})).json()["thread_id"]
        for n in range(5)
    ]
    seen: list[str] = []
    cursor_text: str | None = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor_text} if cursor_text else {})
        page = (await door.http.get("/api/threads", headers=person.headers, params=params)).json()
        seen += [t["thread_id"] for t in page["threads"]]
        cursor_text = page["next_cursor"]
        if cursor_text is None:
            break
    assert seen == made[::-1]


async def test_messages_are_read_in_pages(door: Door) -> None:
    person = await door.person()
    first = await door.post(person, "one")
    path = f"/api/threads/{first['thread_id']}/messages"
    for text in ("two", "three"):
        answer = await door.http.post(path, headers=person.headers, json={"content": text})
        assert answer.json()["thread_id"] == first["thread_id"]
    page = (await door.http.get(path, headers=person.headers, params={"limit": 2})).json()
    assert [m["content"] for m in page["messages"]] == ["one", "two"]
    assert page["messages"][0]["message_id"] == first["message_id"]
    assert page["messages"][0]["run_id"] == first["run_id"]
    rest = (await door.http.get(path, headers=person.headers, params={"after": page["next_after"]})).json()
    assert [m["content"] for m in rest["messages"]] == ["three"]
    assert rest["next_after"] is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"content": ""}, 422),
        ({"content": "   \n"}, 422),
        ({"content": "a\x00b"}, 422),
        ({"content": 7}, 422),
        ({}, 422),
        ({"content": "x" * 65_537}, 413),
        ({"content": "é" * 33_000}, 413),
        ({"content": "x" * 200_000}, 413),
        ({"content": "x" * 65_536}, 202),
    ],
)
async def test_messages_that_cannot_be_taken_are_refused(door: Door, body: dict[str, object], status: int) -> None:
    person = await door.person()
    thread = (await door.http.post("/api/threads", headers=person.headers)).json()["thread_id"]
    answer = await door.http.post(f"/api/threads/{thread}/messages", headers=person.headers, json=body)
    assert answer.status_code == status, answer.text[:300]
    if status != 202:
        assert answer.json()["error"]["request_id"] == answer.headers["X-Request-ID"]


async def test_a_message_tells_what_is_left_of_the_plan(door: Door) -> None:
    person = await door.person()
    thread = (await door.http.post("/api/threads", headers=person.headers)).json()["thread_id"]
    path = f"/api/threads/{thread}/messages"
    answer = await door.http.post(path, headers=person.headers, json={"content": "one"})
    assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) == ("100", "99")
    assert 3590 <= int(answer.headers["X-RateLimit-Reset"]) <= 3600
    refused = await door.http.post(f"/api/threads/{uuid4()}/messages", headers=person.headers, json={"content": "x"})
    assert refused.status_code == 404
    after = await door.http.post(path, headers=person.headers, json={"content": "two"})
    assert after.headers["X-RateLimit-Remaining"] == "98", "a refused message does not count"


async def test_the_plan_ends_with_its_hundredth_message(door: Door) -> None:
    person = await door.person()
    thread = (await door.http.post("/api/threads", headers=person.headers)).json()["thread_id"]
    path = f"/api/threads/{thread}/messages"
    await door.use_up(person, 100)
    over = await door.http.post(path, headers=person.headers, json={"content": "x"})
    assert over.status_code == 429
    assert over.headers["X-RateLimit-Remaining"] == "0"
    assert 3000 < int(over.headers["Retry-After"]) <= 3600
    assert over.json()["error"]["retry_after"] > 3000


async def test_deleting_a_thread_cancels_what_waits_in_it(door: Door) -> None:
    person = await door.person()
    asked = await door.post(person)
    await door.http.delete(f"/api/threads/{asked['thread_id']}", headers=person.headers)
    run = (await door.http.get(f"/api/runs/{asked['run_id']}", headers=person.headers)).json()
    assert run["status"] == "cancelled"
    path = f"/api/threads/{asked['thread_id']}/messages"
    assert (await door.http.post(path, headers=person.headers, json={"content": "x"})).status_code == 404


ROUTES = [
    ("GET", "/api/threads/{thread_id}", None),
    ("PATCH", "/api/threads/{thread_id}", {"title": "mine now"}),
    ("DELETE", "/api/threads/{thread_id}", None),
    ("GET", "/api/threads/{thread_id}/messages", None),
    ("POST", "/api/threads/{thread_id}/messages", {"content": "let me in"}),
    ("GET", "/api/runs/{run_id}", None),
    ("GET", "/api/runs/{run_id}/events", None),
    ("GET", "/api/runs/{run_id}/events?stream=false", None),
    ("POST", "/api/runs/{run_id}/cancel", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_what_belongs_to_someone_else_does_not_exist(
    door: Door, method: str, path: str, body: dict[str, str] | None
) -> None:
    owner, other = await door.person(), await door.person()
    asked = await door.post(owner, "canary-7f3a")
    theirs = await door.http.request(method, path.format(**asked), headers=other.headers, json=body)
    absent = {"thread_id": uuid4(), "run_id": uuid4()}
    nobodys = await door.http.request(method, path.format(**absent), headers=other.headers, json=body)
    without = await door.http.request(method, path.format(**asked), json=body)
    assert (theirs.status_code, nobodys.status_code, without.status_code) == (404, 404, 401)
    forget = {"request_id": ""}
    assert theirs.json()["error"] | forget == nobodys.json()["error"] | forget, "the two must look alike"
    assert "canary" not in theirs.text
    still = (await door.http.get(f"/api/threads/{asked['thread_id']}", headers=owner.headers)).json()
    assert still["title"] != "mine now"
    run = (await door.http.get(f"/api/runs/{asked['run_id']}", headers=owner.headers)).json()
    assert run["status"] == "queued", "nobody else ended it"
    assert await _listed(door, other) == []


async def test_ids_and_cursors_that_are_none_are_refused(door: Door) -> None:
    person = await door.person()
    bad_id = await door.http.get("/api/threads/7", headers=person.headers)
    assert (bad_id.status_code, bad_id.json()["error"]["where"]) == (422, "path.thread_id")
    bad_cursor = await door.http.get("/api/threads", headers=person.headers, params={"cursor": "nonsense"})
    assert (bad_cursor.status_code, bad_cursor.json()["error"]["where"]) == (422, "query.cursor")
    too_many = await door.http.get("/api/threads", headers=person.headers, params={"limit": 101})
    assert (too_many.status_code, too_many.json()["error"]["where"]) == (422, "query.limit")


@given(at=st.datetimes(timezones=st.just(UTC)), thread_id=st.uuids())
def test_a_cursor_reads_as_it_was_written(at: datetime, thread_id: UUID) -> None:
    thread = Thread(thread_id=thread_id, title="", status="active", created_at=at, updated_at=at)
    assert cursor.read(cursor.written(thread)) == (at, thread_id)


@given(text=st.text())
def test_any_other_text_is_refused_as_a_cursor(text: str) -> None:
    with pytest.raises(InvalidError, match="not a cursor"):
        cursor.read(text)


async def _listed(door: Door, person: Person, status: str = "active") -> list[dict[str, str]]:
    answer = await door.http.get("/api/threads", headers=person.headers, params={"status": status})
    return answer.json()["threads"]

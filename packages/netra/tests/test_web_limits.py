"""What a plan allows holds at every door, over all processes; each refusal says what, how much, until when."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import pytest
from netra_doors import Door, Person, heard, opened, said_and_heard
from netra_runs import eventually
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from netra.auth.plans import PLANS
from netra.stores.database import Pool
from netra.stores.spending import spend

FREE = PLANS["free"]


@pytest.fixture(scope="module")
async def second(environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    """Another web process on the same databases."""
    async with opened(environ, tmp_path_factory.mktemp("second")) as opened_door:
        yield opened_door


async def left(door: Door, person: Person) -> dict[str, float]:
    answer = (await door.http.get("/api/limits", headers=person.headers)).json()
    return {limit["name"]: limit["remaining"] for limit in answer["limits"]}


async def test_everybody_can_read_what_is_left(door: Door, database: Pool) -> None:
    person = await door.person()
    whole = FREE.model_dump()
    assert await left(door, person) == {
        name: whole[key]
        for name, key in {
            "messages_per_hour": "messages_per_hour",
            "sockets": "sockets",
            "open_runs": "open_runs",
            "tokens_per_day": "tokens_per_day",
            "cost_usd_per_day": "cost_usd_per_day",
        }.items()
    }
    async with door.socket(person) as socket:
        accepted = await said_and_heard(socket, type="user_message", content="hi")
        assert (accepted["limit"]["name"], accepted["limit"]["remaining"]) == ("messages_per_hour", 99)
        await spend(database, UUID(person.user_id), tokens=50_000, cost_usd=0.25)
        assert await left(door, person) == {
            "messages_per_hour": 99,
            "sockets": 9,
            "open_runs": 19,
            "tokens_per_day": 150_000,
            "cost_usd_per_day": 0.75,
        }
    answer = (await door.http.get("/api/limits", headers=person.headers)).json()
    resets = {limit["name"]: limit["resets_in_s"] for limit in answer["limits"]}
    assert 3500 < resets["messages_per_hour"] <= 3600
    assert 0 < resets["open_runs"] <= 100
    assert 0 < resets["tokens_per_day"] <= 86_400


async def test_open_runs_are_bounded_at_both_doors_and_an_end_makes_room(door: Door) -> None:
    person = await door.person()
    asked = [await door.post(person) for _ in range(FREE.open_runs)]
    path = f"/api/threads/{asked[0]['thread_id']}/messages"
    over = await door.http.post(path, headers=person.headers, json={"content": "x"})
    assert over.status_code == 429
    assert over.headers["Retry-After"] == "1"
    assert (over.headers["X-RateLimit-Limit"], over.headers["X-RateLimit-Remaining"]) == ("20", "0")
    assert over.headers["RateLimit-Policy"] == '"open_runs";q=20'
    assert over.headers["RateLimit"] == f'"open_runs";r=0;t={over.headers["X-RateLimit-Reset"]}'
    limit = over.json()["error"]["limit"]
    assert (limit["name"], limit["limit"], limit["remaining"]) == ("open_runs", 20, 0)
    assert 0 < limit["resets_in_s"] <= 100, "every run has a deadline"
    async with door.socket(person) as socket:
        refused = await said_and_heard(socket, type="user_message", content="x", client_message_id="c")
        assert (refused["type"], refused["code"], refused["client_message_id"]) == ("error", "rate_limited", "c")
        assert {**refused["limit"], "resets_in_s": 0} == {**limit, "resets_in_s": 0}
        assert (await left(door, person))["messages_per_hour"] == 100 - FREE.open_runs, "a refusal is not counted"
        await door.http.post(f"/api/runs/{asked[0]['run_id']}/cancel", headers=person.headers)
        assert (await said_and_heard(socket, type="user_message", content="x"))["type"] == "message_accepted"


async def test_messages_at_the_same_moment_do_not_share_a_place(door: Door, second: Door) -> None:
    person = await door.person()
    thread = (await door.http.post("/api/threads", headers=person.headers)).json()["thread_id"]
    path = f"/api/threads/{thread}/messages"
    answers = await asyncio.gather(
        *((door, second)[n % 2].http.post(path, headers=person.headers, json={"content": "x"}) for n in range(40))
    )
    assert sorted(a.status_code for a in answers) == [202] * 20 + [429] * 20


async def test_a_message_sent_again_is_answered_whatever_is_used_up(door: Door) -> None:
    person = await door.person()
    thread = (await door.http.post("/api/threads", headers=person.headers)).json()["thread_id"]
    path = f"/api/threads/{thread}/messages"
    bodies = [{"content": "x", "client_message_id": str(n)} for n in range(FREE.open_runs)]
    first = [await door.http.post(path, headers=person.headers, json=body) for body in bodies]
    again = await door.http.post(path, headers=person.headers, json=bodies[3])
    assert (again.status_code, again.json()["run_id"]) == (202, first[3].json()["run_id"])


@pytest.mark.parametrize(
    ("name", "tokens", "cost"), [("tokens_per_day", 200_000, 0.0), ("cost_usd_per_day", 1, 1.000_000_1)]
)
async def test_a_days_budget_ends_at_both_doors(
    door: Door, database: Pool, name: str, tokens: int, cost: float
) -> None:
    person = await door.person()
    asked = await door.post(person)
    await spend(database, UUID(person.user_id), tokens=tokens, cost_usd=cost)
    path = f"/api/threads/{asked['thread_id']}/messages"
    over = await door.http.post(path, headers=person.headers, json={"content": "x"})
    limit: dict[str, Any] = over.json()["error"]["limit"]
    assert (over.status_code, limit["name"], limit["remaining"]) == (429, name, 0)
    assert limit["limit"] == getattr(FREE, name)
    assert 0 < int(over.headers["Retry-After"]) <= 86_400
    assert over.headers["X-RateLimit-Reset"] == over.headers["Retry-After"]
    async with door.socket(person) as socket:
        refused = await said_and_heard(socket, type="user_message", content="x")
        assert (refused["code"], refused["limit"]["name"]) == ("rate_limited", name)
    await door.post(await door.person())


async def test_sockets_of_both_processes_count_together(door: Door, second: Door) -> None:
    person = await door.person()
    async with AsyncExitStack() as open_sockets:
        first = await open_sockets.enter_async_context(door.socket(person))
        for n in range(1, FREE.sockets):
            await open_sockets.enter_async_context((door, second)[n % 2].socket(person))
        for here in (door, second):
            with pytest.raises(InvalidStatus) as caught:
                async with connect(here.socket_address, additional_headers=person.headers):
                    pass
            response = caught.value.response
            assert (response.status_code, response.headers["X-RateLimit-Limit"]) == (429, "10")
            limit = json.loads(response.body or b"")["error"]["limit"]
            assert (limit["name"], limit["limit"], limit["remaining"]) == ("sockets", 10, 0)
        assert (await left(second, person))["sockets"] == 0
        await first.close()

        async def free() -> bool:
            return (await left(second, person))["sockets"] == 1

        await eventually(free)
        async with connect(second.socket_address, additional_headers=person.headers) as socket:
            assert (await heard(socket))["type"] == "ready"


async def test_a_message_sent_again_is_answered_though_the_hour_is_used_up(door: Door) -> None:
    person = await door.person()
    thread = (await door.http.post("/api/threads", headers=person.headers)).json()["thread_id"]
    path, body = f"/api/threads/{thread}/messages", {"content": "x", "client_message_id": "m-1"}
    first = (await door.http.post(path, headers=person.headers, json=body)).json()
    await door.http.post(f"/api/runs/{first['run_id']}/cancel", headers=person.headers)
    await door.use_up(person, FREE.messages_per_hour - 1)
    for _ in range(2):
        again = await door.http.post(path, headers=person.headers, json=body)
        assert (again.status_code, again.json()["run_id"]) == (202, first["run_id"]), again.text
        assert again.headers["X-RateLimit-Remaining"] == "0"
    for other in ({"content": "x"}, {"content": "x", "client_message_id": "m-2"}):
        assert (await door.http.post(path, headers=person.headers, json=other)).status_code == 429
    changed = await door.http.post(path, headers=person.headers, json={**body, "content": "y"})
    assert changed.status_code == 409


async def test_a_message_that_the_database_did_not_take_is_not_counted(door: Door, database: Pool) -> None:
    person = await door.person()
    thread = (await door.post(person))["thread_id"]
    before = await left(door, person)
    async with database.acquire() as connection, connection.transaction():
        await connection.fetchval("select 1 from threads where id = $1 for update", UUID(thread))
        path = f"/api/threads/{thread}/messages"
        refused = await door.http.post(path, headers=person.headers, json={"content": "x"}, timeout=30)
        assert refused.status_code == 503, refused.text
    assert await left(door, person) == before

"""What the HTTP doors say of runs and threads."""

from typing import Any

import httpx
from e2e.person import Person

OK = 200
ACCEPTED = 202


async def read(door: httpx.AsyncClient, person: Person, path: str, **query: str | int) -> Any:
    """One document, which must be there."""
    answer = await door.get(path, headers=person.headers, params=query)
    assert answer.status_code == OK, answer.text
    return answer.json()


async def log_of(door: httpx.AsyncClient, person: Person, run_id: str) -> list[dict[str, Any]]:
    """The run's events as they are stored."""
    events: list[dict[str, Any]] = await read(door, person, f"/api/runs/{run_id}/events", stream="false")
    return events


async def messages_of(door: httpx.AsyncClient, person: Person, thread_id: str) -> list[dict[str, Any]]:
    """The thread's messages, oldest first."""
    page = await read(door, person, f"/api/threads/{thread_id}/messages", limit=100)
    assert page["next_after"] is None
    messages: list[dict[str, Any]] = page["messages"]
    return messages


async def post(door: httpx.AsyncClient, person: Person, thread_id: str, content: str) -> dict[str, Any]:
    """Say something over HTTP; the ids of what was accepted."""
    path = f"/api/threads/{thread_id}/messages"
    answer = await door.post(path, headers=person.headers, json={"content": content})
    assert answer.status_code == ACCEPTED, answer.text
    accepted: dict[str, Any] = answer.json()
    return accepted


async def cancel(door: httpx.AsyncClient, person: Person, run_id: str) -> None:
    """End a run whose answer nobody needs."""
    answer = await door.post(f"/api/runs/{run_id}/cancel", headers=person.headers)
    assert answer.status_code == ACCEPTED, answer.text

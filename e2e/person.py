"""A person who uses netra: an account, and the tokens of one session."""

import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx

CREATED = 201
OK = 200


@dataclass(frozen=True, kw_only=True)
class Person:
    """One account with one open session."""

    email: str
    user_id: str
    password: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What a request of this person carries."""
        return {"Authorization": f"Bearer {self.access_token}"}


async def register(door: httpx.AsyncClient, name: str) -> Person:
    """Make an account of that name, which must be unique, and open its first session."""
    email, password = f"{name}@e2e.invalid", secrets.token_urlsafe(16)
    answer = await door.post("/api/auth/register", json={"email": email, "password": password})
    assert answer.status_code == CREATED, answer.text
    return await opened(door, email, password, answer.json())


async def log_in(door: httpx.AsyncClient, person: Person) -> Person:
    """Open another session of the same account."""
    answer = await door.post("/api/auth/login", json={"email": person.email, "password": person.password})
    assert answer.status_code == OK, answer.text
    return await opened(door, person.email, person.password, answer.json())


async def opened(door: httpx.AsyncClient, email: str, password: str, tokens: dict[str, Any]) -> Person:
    """The person of this pair of tokens, as the service itself names them."""
    answer = await door.get("/api/auth/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert answer.status_code == OK, answer.text
    assert answer.json()["email"] == email
    return Person(
        email=email,
        password=password,
        user_id=answer.json()["user_id"],
        access_token=tokens["access_token"],
        refresh_token=tokens["refresh_token"],
    )

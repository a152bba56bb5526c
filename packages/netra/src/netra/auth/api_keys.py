"""API keys: long-lived credentials of programs, shown once, kept as a hash, limited by scopes, revocable.

`netra.auth.standing` recognises them.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from netra.auth.principal import Principal, Scope
from netra.auth.standing import KEY_MARK
from netra.errors import ConflictError, ForbiddenError, NotFoundError
from netra.stores.database import Executor
from netra.stores.queries import load

QUERIES = load("netra.auth", "sql/api_keys.sql")
KEY_BYTES = 32
MOST_KEYS = 50
"""Of one person at a time."""


class ApiKey(BaseModel):
    """A key as its owner may read it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    prefix: str = Field(description="How the key begins, to recognise it by.")
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")


class NewApiKey(ApiKey):
    """A key that was just made: the only answer that holds the key itself."""

    key: str


class KeyWish(BaseModel):
    """The key that somebody wants."""

    model_config = ConfigDict(frozen=True)

    name: str
    scopes: frozenset[Scope]
    lifetime: timedelta | None


async def create(database: Executor, principal: Principal, wish: KeyWish) -> NewApiKey:
    """A new key; raises ForbiddenError for a scope above the person's role, ConflictError for one key too many."""
    if "operator" in wish.scopes and principal.role != "operator":
        raise ForbiddenError("only an operator's key may have this scope", where="scopes", hint="leave operator out")
    prefix = KEY_MARK + secrets.token_hex(4)
    key = f"{prefix}_{secrets.token_urlsafe(KEY_BYTES)}"
    hashed = hashlib.sha256(key.encode()).digest()
    row = await database.fetchrow(
        QUERIES["add"],
        principal.user_id,
        wish.name,
        prefix,
        hashed,
        sorted(wish.scopes),
        wish.lifetime,
        MOST_KEYS,
    )
    if row is None:
        raise ConflictError(f"there are {MOST_KEYS} keys already", where="keys", hint="revoke one that is not used")
    return NewApiKey(key=key, **dict(row.items()))


async def keys_of(database: Executor, principal: Principal) -> tuple[ApiKey, ...]:
    """The person's keys that are not revoked, newest first."""
    rows = await database.fetch(QUERIES["of_person"], principal.user_id)
    return tuple(ApiKey.model_validate(dict(row.items())) for row in rows)


async def revoke(database: Executor, principal: Principal, key_id: UUID) -> None:
    """Let the key open nothing any more; raises NotFoundError."""
    if await database.fetchrow(QUERIES["revoke"], principal.user_id, key_id) is None:
        raise NotFoundError("no such key", where="key_id", hint="see GET /api/auth/keys")

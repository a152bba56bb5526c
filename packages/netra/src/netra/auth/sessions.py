"""Sessions: a family of refresh tokens, each exchanged once; a second exchange ends the family.

A token that comes twice means that two parties hold it. Which of them is the owner cannot be told, so both lose it and
the owner logs in again.
"""

import hashlib
import logging
import secrets
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field

from netra.auth.accounts import QUERIES, account_of
from netra.auth.principal import Claims, Principal
from netra.auth.tokens import LIFETIME, Tokens
from netra.errors import NotFoundError, UnauthorizedError
from netra.stores.database import Connection, Executor, Record

LOG = logging.getLogger(__name__)
REFRESH_LIFETIME = timedelta(days=7)
COOKIE_LIFETIME = timedelta(days=7)
REFRESH_BYTES = 32
Refusal = Literal["unknown", "expired", "revoked", "reused"]


class TokenPair(BaseModel):
    """What a log-in gives: a short access token, and the refresh token that is exchanged for the next pair."""

    model_config = ConfigDict(frozen=True)

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the name of a scheme (RFC 6750)
    expires_in: int = Field(description="Seconds until the access token expires.")


class Ended(NamedTuple):
    """A session that was ended, and whose it was."""

    session: UUID
    user_id: UUID


class RefreshRefusedError(UnauthorizedError):
    """A refresh token opens nothing; `refusal` says why, `ended` which session's it was."""

    def __init__(self, refusal: Refusal, ended: Ended | None = None) -> None:
        """State why; without `ended` nobody knows the token."""
        super().__init__(f"the refresh token is {refusal}", where="refresh_token", hint="log in again")
        self.refusal: Refusal = refusal
        self.ended = ended


class OpenSession(BaseModel):
    """A session that can still be used."""

    model_config = ConfigDict(frozen=True)

    session_id: UUID
    kind: Literal["tokens", "cookie"]
    opened_at: datetime
    expires_at: datetime = Field(description="Of one of tokens: when its last refresh token does.")
    current: bool = Field(description="The one that asks.")


class Refreshed(NamedTuple):
    """The next pair, and whose."""

    pair: TokenPair
    user_id: UUID


class Sessions:
    """Opens and continues sessions, each in the transaction of its caller."""

    def __init__(self, tokens: Tokens) -> None:
        """Issue these access tokens; refresh tokens are kept hashed, in the database of each call's connection."""
        self._tokens = tokens

    async def open(self, connection: Connection, principal: Principal, encoded: str | None = None) -> TokenPair:
        """Begin a session; with the hash that a password fitted, only while that is the password."""
        await _begin(connection, principal, encoded)
        return await self._pair(connection, principal, uuid4())

    async def refresh(self, connection: Connection, refresh_token: str) -> Refreshed | RefreshRefusedError:
        """Exchange the token for a new pair; a token that comes twice ends its session, so commit either outcome."""
        hashed = _hashed(refresh_token)
        row = await connection.fetchrow(QUERIES["claim_refresh_token"], hashed)
        refusal = _refusal(row)
        if row is None or refusal:
            if row is not None and refusal == "reused":
                await connection.execute(QUERIES["end_session"], row["family"])
                LOG.warning("a refresh token was reused; its session is ended", extra={"user_id": row["user_id"]})
            return RefreshRefusedError(refusal or "unknown", Ended(row["family"], row["user_id"]) if row else None)
        await connection.execute(QUERIES["use_refresh_token"], hashed)
        principal = account_of(await connection.fetchrow(QUERIES["user_by_id"], row["user_id"])).principal
        return Refreshed(await self._pair(connection, principal, row["family"]), principal.user_id)

    async def _pair(self, connection: Connection, principal: Principal, session: UUID) -> TokenPair:
        refresh_token = secrets.token_urlsafe(REFRESH_BYTES)
        await connection.execute(
            QUERIES["add_refresh_token"], _hashed(refresh_token), session, principal.user_id, REFRESH_LIFETIME
        )
        return TokenPair(
            access_token=self._tokens.issue(principal, session),
            refresh_token=refresh_token,
            expires_in=int(LIFETIME.total_seconds()),
        )


async def open_cookie(connection: Connection, principal: Principal, encoded: str | None = None) -> str:
    """Begin a session of a page, as `Sessions.open`; answers the cookie's value."""
    value = secrets.token_urlsafe(REFRESH_BYTES)
    await _begin(connection, principal, encoded)
    await connection.execute(
        QUERIES["open_cookie_session"], uuid4(), principal.user_id, _hashed(value), COOKIE_LIFETIME
    )
    return value


async def close(connection: Connection, session: UUID) -> Ended | None:
    """End the session, if it has not ended."""
    return _ended(await connection.fetchrow(QUERIES["end_session"], session))


async def close_own(connection: Connection, principal: Principal, session: UUID) -> None:
    """End a session of the person; raises NotFoundError when it is someone else's or has ended."""
    if await connection.fetchrow(QUERIES["end_own_session"], session, principal.user_id) is None:
        raise NotFoundError("no such session", where="session_id")


async def sessions_of(database: Executor, claims: Claims) -> tuple[OpenSession, ...]:
    """The person's sessions that can still be used, newest first."""
    rows = await database.fetch(QUERIES["sessions_of"], claims.principal.user_id)
    return tuple(OpenSession(**dict(row.items()), current=row["session_id"] == claims.session) for row in rows)


async def close_by(connection: Connection, refresh_token: str) -> Ended | None:
    """End the session that the token belongs to, if there is one."""
    return _ended(await connection.fetchrow(QUERIES["end_session_of_token"], _hashed(refresh_token)))


async def close_all(connection: Connection, principal: Principal, *, keys: bool) -> tuple[UUID, ...]:
    """End every session of the person, and with `keys` revoke every API key; answers which."""
    rows = await connection.fetch(QUERIES["end_sessions_of"], principal.user_id)
    if keys:
        rows += await connection.fetch(QUERIES["revoke_keys_of"], principal.user_id)
    return tuple(row["id"] for row in rows)


async def _begin(connection: Connection, principal: Principal, encoded: str | None) -> None:
    # A change of the password ends every session, so one that an older password opens must not come after it.
    if encoded is not None and await connection.fetchval(QUERIES["hold_password"], principal.user_id) != encoded:
        raise UnauthorizedError("the password was just changed", where="credentials", hint="log in again")
    await connection.execute(QUERIES["forget_expired"], principal.user_id)
    await connection.execute(QUERIES["forget_sessions"], principal.user_id)


def _refusal(row: Record | None) -> Refusal | None:
    """Why the token may not be exchanged."""
    if row is None:
        return "unknown"
    if row["revoked_at"] is not None:
        return "revoked"
    if row["used_at"] is not None:
        return "reused"
    return "expired" if row["expired"] else None


def _ended(row: Record | None) -> Ended | None:
    return Ended(session=row["id"], user_id=row["user_id"]) if row else None


def _hashed(refresh_token: str) -> bytes:
    return hashlib.sha256(refresh_token.encode()).digest()

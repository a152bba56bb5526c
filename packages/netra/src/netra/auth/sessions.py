"""Sessions: a family of refresh tokens, each exchanged once; a second exchange ends the family.

A token that comes twice means that two parties hold it. Which of them is the owner cannot be told, so both lose it and
the owner logs in again.
"""

import hashlib
import logging
import secrets
from datetime import timedelta
from typing import Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field

from netra.auth.accounts import QUERIES, account_of
from netra.auth.principal import Principal
from netra.auth.tokens import LIFETIME, Tokens
from netra.errors import UnauthorizedError
from netra.stores.database import Connection, Pool, Record

LOG = logging.getLogger(__name__)
REFRESH_LIFETIME = timedelta(days=7)
REFRESH_BYTES = 32
Refusal = Literal["unknown", "expired", "revoked", "reused"]


class TokenPair(BaseModel):
    """What a log-in gives: a short access token, and the refresh token that is exchanged for the next pair."""

    model_config = ConfigDict(frozen=True)

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the name of a scheme (RFC 6750)
    expires_in: int = Field(description="Seconds until the access token expires.")


class Sessions:
    """Opens, continues and ends sessions."""

    def __init__(self, pool: Pool, tokens: Tokens) -> None:
        """Keep refresh tokens, hashed, in this database."""
        self._pool = pool
        self._tokens = tokens

    async def open(self, principal: Principal) -> TokenPair:
        """Begin a session."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(QUERIES["forget_expired"], principal.user_id)
            return await self._pair(connection, principal, uuid4())

    async def refresh(self, refresh_token: str) -> TokenPair:
        """Exchange the token for a new pair; raises UnauthorizedError, and ends the session if it came before."""
        async with self._pool.acquire() as connection, connection.transaction():
            outcome = await self._exchange(connection, _hashed(refresh_token))
        if isinstance(outcome, TokenPair):
            return outcome
        raise UnauthorizedError(f"the refresh token is {outcome}", where="refresh_token", hint="log in again")

    async def close(self, session: UUID) -> None:
        """End the session; its access token ends by itself within fifteen minutes."""
        await self._pool.execute(QUERIES["revoke_family"], session)

    async def close_by(self, refresh_token: str) -> None:
        """End the session that the token belongs to, if there is one."""
        await self._pool.execute(QUERIES["revoke_family_of_token"], _hashed(refresh_token))

    async def _exchange(self, connection: Connection, hashed: bytes) -> TokenPair | Refusal:
        row = await connection.fetchrow(QUERIES["claim_refresh_token"], hashed)
        refusal = _refusal(row)
        if row is None or refusal:
            if row is not None and refusal == "reused":
                await connection.execute(QUERIES["revoke_family"], row["family"])
                LOG.warning("a refresh token was reused; its session is ended", extra={"user_id": row["user_id"]})
            return refusal or "unknown"
        await connection.execute(QUERIES["use_refresh_token"], hashed)
        principal = account_of(await connection.fetchrow(QUERIES["user_by_id"], row["user_id"])).principal
        return await self._pair(connection, principal, row["family"])

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


def _refusal(row: Record | None) -> Refusal | None:
    """Why the token may not be exchanged."""
    if row is None:
        return "unknown"
    if row["revoked_at"] is not None:
        return "revoked"
    if row["used_at"] is not None:
        return "reused"
    return "expired" if row["expired"] else None


def _hashed(refresh_token: str) -> bytes:
    return hashlib.sha256(refresh_token.encode()).digest()

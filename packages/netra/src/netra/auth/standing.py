"""Whether what somebody holds still opens doors: an access token's session, a cookie, an API key.

Looked up at most every two seconds for each of them, so that what was ended anywhere is refused everywhere within
that time; who keeps a socket open is told within as little.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from netra.auth.principal import SCOPES, Claims, Principal
from netra.auth.tokens import HINT, Tokens
from netra.errors import UnauthorizedError
from netra.stores.database import Pool, Record
from netra.stores.postgres import FAILURES
from netra.stores.queries import load
from netra.stores.waiting import end, lasting

LOG = logging.getLogger(__name__)
QUERIES = load("netra.auth", "sql/standing.sql")
KEY_MARK = "netra_"
"""How every API key begins; no JWT does."""
HOLD_S = 2.0
POLL_S = 1.0
OVERLAP = timedelta(seconds=15)
"""A statement may commit this much after the moment that it writes down."""
MOST_HELD = 20_000
LONGEST = timedelta(days=1)
"""A socket opened with a key that never expires is opened anew after this."""


class Standing:
    """Answers who holds what, as it is now."""

    def __init__(self, pool: Pool, tokens: Tokens) -> None:
        """Look sessions and keys up in this database."""
        self._pool = pool
        self._tokens = tokens
        self._held: dict[UUID | bytes, tuple[float, Claims]] = {}
        self._watchers: dict[UUID, set[Callable[[], None]]] = {}
        self._since: datetime | None = None
        self._polling: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to listen for what ends elsewhere."""
        self._polling = asyncio.create_task(lasting("standing", self._poll))
        return self

    async def __aexit__(self, *failure: object) -> None:
        """Stop that."""
        if self._polling:
            await end(self._polling)

    async def of_bearer(self, credential: str) -> Claims:
        """What an access token or an API key says, if it still holds; raises UnauthorizedError."""
        if credential.startswith(KEY_MARK):
            return await self._of_hash(credential, self._key)
        claims = self._tokens.verify(credential)
        known = await self._remembered(claims.session, lambda: self._session(claims.session))
        if known.principal.user_id != claims.principal.user_id:
            raise _ended("the access token's session is somebody else's")
        return claims.model_copy(update={"principal": known.principal})

    async def of_cookie(self, value: str) -> Claims:
        """Whose session the cookie opens; raises UnauthorizedError."""
        return await self._of_hash(value, self._cookie)

    async def opened_at(self, session: UUID) -> datetime:
        """When the session was opened; raises UnauthorizedError if it has ended."""
        row = await self._pool.fetchrow(QUERIES["session"], session)
        if row is None:
            raise _ended("the session has ended")
        return row["opened_at"]

    @contextmanager
    def watched(self, session: UUID, ended: Callable[[], None]) -> Generator[None]:
        """Call `ended`, at least once, if the session or key ends while the block goes on."""
        watchers = self._watchers.setdefault(session, set())
        watchers.add(ended)
        try:
            yield
        finally:
            watchers.discard(ended)
            if not watchers and self._watchers.get(session) is watchers:
                del self._watchers[session]

    def ended(self, ids: Iterable[UUID]) -> None:
        """These have ended: forget them, and tell whoever is open with them."""
        gone = set(ids)
        self._held = {k: v for k, v in self._held.items() if v[1].session not in gone} if gone else self._held
        for watcher in [w for session in gone for w in self._watchers.get(session, ())]:
            watcher()

    async def _of_hash(self, secret: str, look_up: Callable[[bytes], Awaitable[Claims]]) -> Claims:
        hashed = hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
        claims = await self._remembered(hashed, lambda: look_up(hashed))
        if claims.expires_at <= datetime.now(UTC):
            raise _ended("the session or API key has expired")
        return claims

    async def _remembered(self, key: UUID | bytes, look_up: Callable[[], Awaitable[Claims]]) -> Claims:
        now = asyncio.get_running_loop().time()
        until, claims = self._held.get(key, (0.0, None))
        if claims is None or until <= now:
            if len(self._held) >= MOST_HELD:
                self._held = {k: v for k, v in self._held.items() if v[0] > now}
            self._held.pop(key, None)
            claims = await look_up()
            # From before the look-up: what ended meanwhile is not held longer for it.
            self._held[key] = (now + HOLD_S, claims)
        return claims

    async def _session(self, session: UUID) -> Claims:
        row = await self._pool.fetchrow(QUERIES["session"], session)
        if row is None:
            raise _ended("the access token's session has ended")
        return _claims(row)

    async def _cookie(self, hashed: bytes) -> Claims:
        row = await self._pool.fetchrow(QUERIES["cookie"], hashed)
        if row is None:
            raise _ended("the session of the cookie has ended")
        return _claims(row).model_copy(update={"by": "cookie"})

    async def _key(self, hashed: bytes) -> Claims:
        row = await self._pool.fetchrow(QUERIES["key"], hashed)
        if row is None:
            raise UnauthorizedError("the API key is unknown, expired or revoked", where="token", hint="make a new one")
        # A scope that this revision does not know gives nothing.
        scopes = frozenset(row["scopes"]) & SCOPES
        return _claims(row).model_copy(update={"by": "key", "scopes": scopes})

    async def _poll(self) -> None:
        lost = False
        while True:
            await asyncio.sleep(POLL_S)
            if not self._held and not self._watchers:
                self._since = None
                continue
            try:
                row = await self._pool.fetchrow(QUERIES["ended_since"], self._since)
            except FAILURES as error:
                if not lost:
                    LOG.warning("ended sessions are not seen", extra={"where": "postgres", "error": repr(error)})
                lost = True
                continue
            lost = False
            if row is not None:
                self._since = row["clock"] - OVERLAP
                self.ended(row["ids"])


def _claims(row: Record) -> Claims:
    """The claims of a row; `expires_at` is of the session or key."""
    latest = datetime.now(UTC) + LONGEST
    principal = Principal(
        user_id=row["user_id"],
        tenant_id=row["tenant_id"],
        email=row["email"],
        role=row["role"],
        plan=row["plan"],
    )
    expires_at = min(row["expires_at"] or latest, latest)
    return Claims(principal=principal, session=row["id"], token_id=str(row["id"]), expires_at=expires_at)


def _ended(message: str) -> UnauthorizedError:
    return UnauthorizedError(message, where="token", hint=HINT)

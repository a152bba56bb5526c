"""The audit log: what happened to accounts, sessions and keys, by whom and from where, and never a secret.

What somebody achieved is a row in the same transaction (`netra.auth.deeds`). What was refused is counted first and
written within a second, one row for all that is alike, so that a flood of refusals slows nobody down and is no row less
true.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from netra.stores.database import Executor, Pool
from netra.stores.postgres import FAILURES
from netra.stores.queries import load

LOG = logging.getLogger(__name__)
QUERIES = load("netra.auth", "sql/audit.sql")
FLUSH_S = 1.0
MOST_KINDS = 1000
"""Kinds of refusals counted apart at a time; further ones are counted together, without their address."""

AuditType = Literal[
    "registered",
    "registration_refused",
    "logged_in",
    "login_failed",
    "throttled",
    "refreshed",
    "refresh_refused",
    "refresh_reused",
    "logged_out",
    "logged_out_everywhere",
    "password_changed",
    "account_deleted",
    "key_created",
    "key_revoked",
    "mcp_server_added",
    "mcp_token_set",
    "mcp_token_removed",
    "mcp_server_removed",
    "mcp_tools_allowed",
    "role_changed",
    "oidc_linked",
    "oidc_unlinked",
    "oidc_refused",
    "proof_refused",
    "token_refused",
    "access_refused",
]


class Origin(BaseModel):
    """Where a request comes from."""

    model_config = ConfigDict(frozen=True)

    address: str = ""
    request_id: str = ""


class Entry(BaseModel):
    """One event to keep."""

    model_config = ConfigDict(frozen=True)

    type: AuditType
    origin: Origin
    user_id: UUID | None = None
    """Whose account it is about; nobody's when a refused credential names none."""
    actor: str = ""
    """Who did it, when it was not that person."""
    detail: str = ""


class AuditEvent(BaseModel):
    """One event as operators read it."""

    model_config = ConfigDict(frozen=True)

    id: int
    at: datetime
    type: AuditType
    user_id: UUID | None
    actor: str
    address: str
    request_id: str
    detail: str
    times: int


class AuditPage(BaseModel):
    """Some events, newest first."""

    model_config = ConfigDict(frozen=True)

    events: tuple[AuditEvent, ...]
    next_before: int | None
    """Give it as `before` for the page after; None on the last one."""


class Audit:
    """Writes refusals; they are kept until PostgreSQL has them."""

    def __init__(self, pool: Pool) -> None:
        """Write to this database."""
        self._pool = pool
        self._refused: dict[Entry, tuple[Origin, int]] = {}
        self._flushing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to write refusals."""
        self._flushing = asyncio.create_task(self._flush_always())
        return self

    async def __aexit__(self, *failure: object) -> None:
        """Write what is left; what cannot be written is in the log."""
        if self._flushing:
            self._flushing.cancel()
            await asyncio.gather(self._flushing, return_exceptions=True)
        if not await self._flush():
            for entry, (origin, times) in self._refused.items():
                LOG.error("an audit event is not in the database", extra=told(entry, origin, times))

    def refused(self, entry: Entry) -> None:
        """Count what was refused."""
        alike = entry.model_copy(update={"origin": Origin(address=entry.origin.address)})
        if alike not in self._refused and len(self._refused) >= MOST_KINDS:
            alike = Entry(type=entry.type, origin=Origin(), detail="from many addresses")
        first, times = self._refused.get(alike, (entry.origin, 0))
        self._refused[alike] = (first, times + 1)

    async def _flush_always(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            await self._flush()

    async def _flush(self) -> bool:
        """Write the refusals; they stay when that fails."""
        pending, self._refused = self._refused, {}
        if not pending:
            return True
        rows = [(entry, origin, times) for entry, (origin, times) in pending.items()]
        try:
            await add(self._pool, rows)
        except BaseException as error:
            self._restore(pending)
            if not isinstance(error, FAILURES):
                raise
            LOG.warning("audit events wait", extra={"where": "postgres", "error": repr(error), "kinds": len(pending)})
            return False
        for row in rows:
            LOG.info("audit", extra=told(*row))
        return True

    def _restore(self, pending: dict[Entry, tuple[Origin, int]]) -> None:
        later, self._refused = self._refused, pending
        for entry, (origin, times) in later.items():
            first, before = self._refused.get(entry, (origin, 0))
            self._refused[entry] = (first, before + times)


async def add(database: Executor, rows: Iterable[tuple[Entry, Origin, int]]) -> None:
    """Write events, with where they come from and how often."""
    columns: Sequence[Sequence[object]] = list(
        zip(
            *(
                (e.type, e.user_id, e.actor, o.address[:200], o.request_id, e.detail[:500], times)
                for e, o, times in rows
            ),
            strict=True,
        )
    )
    await database.execute(QUERIES["add"], *columns)


async def page(
    database: Executor, *, before: int | None, kind: AuditType | None, user_id: UUID | None, limit: int
) -> AuditPage:
    """The next events, newest first."""
    rows = await database.fetch(QUERIES["page"], before, kind, user_id, limit + 1)
    events = tuple(AuditEvent.model_validate(dict(row.items())) for row in rows[:limit])
    return AuditPage(events=events, next_before=events[-1].id if len(rows) > limit else None)


def told(entry: Entry, origin: Origin, times: int) -> dict[str, object]:
    """The event as the fields of a log line."""
    known = {"user_id": str(entry.user_id)} if entry.user_id else {}
    return {
        "type": entry.type,
        "client": origin.address,
        "of_request": origin.request_id,
        "actor": entry.actor,
        "detail": entry.detail,
        "times": times,
        **known,
    }

"""What somebody achieves and its row of the audit log: one transaction, so that both are kept, or neither."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from netra.auth.audit import AuditType, Entry, Origin, add, told
from netra.stores.database import Connection, Pool

LOG = logging.getLogger(__name__)


class Deed:
    """A transaction, and what is noted of it."""

    def __init__(self, connection: Connection, origin: Origin) -> None:
        """Do it on this connection, for a request from there."""
        self.connection = connection
        self._origin = origin
        self._entries: list[Entry] = []

    def note(self, kind: AuditType, user_id: UUID, detail: str = "") -> None:
        """Have this written when the transaction ends well."""
        self._entries.append(Entry(type=kind, origin=self._origin, user_id=user_id, detail=detail))

    async def keep(self) -> tuple[Entry, ...]:
        """Write what was noted; answers it."""
        if self._entries:
            await add(self.connection, [(entry, entry.origin, 1) for entry in self._entries])
        return tuple(self._entries)


@asynccontextmanager
async def deed(pool: Pool, origin: Origin) -> AsyncGenerator[Deed]:
    """A transaction for the length of the block; what fails, the log's rows too, undoes all of it."""
    async with pool.acquire() as connection, connection.transaction():
        done = Deed(connection, origin)
        yield done
        entries = await done.keep()
    for entry in entries:
        LOG.info("audit", extra=told(entry, entry.origin, 1))

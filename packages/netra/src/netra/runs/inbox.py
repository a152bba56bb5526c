"""Delivers the calls that applications report as traces to ClickHouse, in batches."""

import asyncio
import logging
from typing import Self
from uuid import UUID

from netra.analytics import traced
from netra.analytics.database import Database
from netra.errors import NetraError
from netra.runs.warehouse import Warehouse
from netra.stores import waiting
from netra.stores.database import Pool
from netra.stores.postgres import FAILURES

LOG = logging.getLogger(__name__)
EVERY_S = 1.0
TENANTS = 20


class Inbox:
    """Any number of processes may have one: a tenant's lock lets one work at a time, and a call is added once."""

    def __init__(self, pool: Pool, warehouse: Warehouse) -> None:
        """Deliver from this database to that one."""
        self._pool = pool
        self._warehouse = warehouse
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start delivering."""
        self._task = asyncio.create_task(waiting.lasting("delivery of traced calls", self._run), name="inbox")
        return self

    async def __aexit__(self, *failure: object) -> None:
        """Stop; what is not delivered yet is in its rows."""
        if self._task is not None:
            await waiting.end(self._task)

    async def _run(self) -> None:
        while True:
            delivered = 0
            try:
                delivered = await self.deliver()
            except FAILURES as error:
                LOG.warning("traced calls wait for their delivery: %s", type(error).__name__)
            if not delivered:
                await asyncio.sleep(EVERY_S)

    async def deliver(self) -> int:
        """Deliver what waits; how many calls."""
        return sum([await self._delivered(tenant_id) for tenant_id in await traced.waiting(self._pool, TENANTS)])

    async def _delivered(self, tenant_id: UUID) -> int:
        """Deliver one tenant's calls; one whose calls cannot be delivered now does not hold up the others."""
        try:
            database = Database(await self._warehouse.client())
            async with self._pool.acquire() as connection, connection.transaction():
                return await traced.deliver(connection, database, tenant_id)
        except (NetraError, *FAILURES) as error:
            told = {"tenant_id": str(tenant_id), "error": repr(error)}
            LOG.warning("traced calls wait for their delivery", extra=told)
            return 0

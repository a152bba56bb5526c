"""Delivers the calls that applications report as traces to ClickHouse, in batches."""

import logging
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from netra.analytics import traced
from netra.analytics.database import Database
from netra.errors import NetraError
from netra.runs.warehouse import Warehouse
from netra.stores.database import Pool
from netra.stores.postgres import FAILURES
from netra.stores.repeating import repeating

LOG = logging.getLogger(__name__)
EVERY_S = 1.0
TENANTS = 20


class Inbox:
    """Any number of processes may have one: a tenant's lock lets one work at a time, and a call is added once."""

    def __init__(self, pool: Pool, warehouse: Warehouse) -> None:
        """Deliver from this database to that one."""
        self._pool = pool
        self._warehouse = warehouse

    def repeated(self) -> AbstractAsyncContextManager[None]:
        """Deliver, again and again for the length of a block; what is not delivered yet is in its rows."""
        return repeating("the delivery of traced calls", self._empty, EVERY_S)

    async def _empty(self) -> None:
        while await self.deliver():
            pass

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

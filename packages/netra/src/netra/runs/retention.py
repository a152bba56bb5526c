"""Removes usage data that was kept for as long as its people's plan says."""

import logging
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from netra.analytics import retention
from netra.analytics.database import Database
from netra.auth.plans import PLANS
from netra.runs.warehouse import Warehouse
from netra.stores.database import Pool
from netra.stores.queries import load
from netra.stores.repeating import repeating

LOG = logging.getLogger(__name__)
QUERIES = load("netra.runs", "sql/retention.sql")
FIRST_S = 60.0
"""After the start of a process, which has other things to do."""
EVERY_S = 3600.0
SHORTEST = timedelta(days=min(plan.data_days for plan in PLANS.values()))


class Keeper:
    """Any number of processes may have one: to remove twice changes nothing, and what failed is tried again."""

    def __init__(self, pool: Pool, warehouse: Warehouse) -> None:
        """Read plans in this database, and keep the data of that one."""
        self._pool = pool
        self._warehouse = warehouse

    def repeated(self) -> AbstractAsyncContextManager[None]:
        """Remove what is over its time, again and again for the length of a block."""
        return repeating(
            "the removal of old usage data", lambda: self.forget(datetime.now(UTC)), EVERY_S, first_s=FIRST_S
        )

    async def forget(self, now: datetime) -> int:
        """Remove what is over its time; how many imports."""
        await self._pool.execute(QUERIES["forget_list"])
        database = Database(await self._warehouse.client())
        found = {tenant.tenant_id: tenant.since for tenant in await retention.oldest(database, now - SHORTEST)}
        kept = await self._kept(list(found))
        due = [tenant for tenant, since in found.items() if tenant in kept and since < now - kept[tenant]]
        return sum([await self._of(database, tenant, now - kept[tenant]) for tenant in due])

    async def _kept(self, tenants: list[UUID]) -> dict[UUID, timedelta]:
        """For how long each tenant's data is kept: by the best plan of its people; without people `Eraser` comes."""
        rows = await self._pool.fetch(QUERIES["plans"], tenants)
        return {
            UUID(int=row["tenant_id"].int): timedelta(days=max(PLANS[plan].data_days for plan in row["plans"]))
            for row in rows
        }

    async def _of(self, database: Database, tenant_id: UUID, before: datetime) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(QUERIES["lock"], tenant_id):
                return 0
            removed = await retention.forget(database, tenant_id, before)
        LOG.info("old usage data is removed", extra={"tenant_id": str(tenant_id), "imports": removed})
        return removed

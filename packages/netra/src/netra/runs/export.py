"""Copies the rows of model calls to ClickHouse, in batches, so that people can ask about netra's own use."""

import logging
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from netra.analytics.database import Database
from netra.analytics.events import UsageEvent
from netra.analytics.own import add
from netra.analytics.scope import OWN_WORKLOAD
from netra.errors import NetraError
from netra.runs.warehouse import Warehouse
from netra.stores.database import Pool, Record
from netra.stores.postgres import FAILURES
from netra.stores.queries import load
from netra.stores.repeating import repeating
from netra.stores.spending import spend

LOG = logging.getLogger(__name__)
QUERIES = load("netra.runs", "sql/export.sql")
EVERY_S = 5.0
TENANTS = 20
BATCH = 5000
LOST_S = 300.0
"""A call that has not ended after this long, far over any run's deadline, lost its worker."""


class Exporter:
    """Any number of processes may have one: a tenant's lock lets one work at a time, and a call is added once."""

    def __init__(self, pool: Pool, warehouse: Warehouse, *, lost_s: float = LOST_S) -> None:
        """Copy from this database to that one."""
        self._pool = pool
        self._warehouse = warehouse
        self._lost_s = lost_s

    def repeated(self) -> AbstractAsyncContextManager[None]:
        """Copy, again and again for the length of a block; what is not copied yet is in its rows."""
        return repeating("the export of model calls", self.export, EVERY_S)

    async def export(self) -> int:
        """Copy what has ended since; how many calls."""
        async with self._pool.acquire() as connection, connection.transaction():
            for row in await connection.fetch(QUERIES["cut"], self._lost_s):
                await spend(connection, row["user_id"], tokens=row["tokens"], cost_usd=float(row["cost_usd"]))
        tenants = await self._pool.fetch(QUERIES["tenants"], TENANTS)
        # Plain UUIDs: orjson refuses asyncpg's subclass.
        return sum([await self._exported(UUID(int=row["tenant_id"].int)) for row in tenants])

    async def _exported(self, tenant_id: UUID) -> int:
        """Copy one tenant's calls; one whose calls cannot be copied now does not hold up the others."""
        try:
            return await self._of(tenant_id)
        except (NetraError, *FAILURES) as error:
            LOG.warning("model calls wait for their export", extra={"tenant_id": str(tenant_id), "error": repr(error)})
            return 0

    async def _of(self, tenant_id: UUID) -> int:
        # The lock goes with the transaction, however that ends.
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(QUERIES["lock"], tenant_id):
                return 0
            rows = await connection.fetch(QUERIES["ended"], tenant_id, BATCH)
            if rows:
                database = Database(await self._warehouse.client())
                await add(database, tenant_id, [(UUID(int=row["id"].int), _event(row)) for row in rows])
                await connection.execute(QUERIES["exported"], [row["id"] for row in rows])
            return len(rows)


def _event(row: Record) -> UsageEvent:
    """The call as a usage event; tokens that nobody counted are 0 there, and its status says why."""
    answered = row["outcome"] in {"ok", "cached"}
    return UsageEvent(
        at=row["at"],
        workload=OWN_WORKLOAD,
        model=row["model"],
        provider=row["provider"],
        input_tokens=row["input_tokens"] or 0,
        output_tokens=row["output_tokens"] or 0,
        latency_ms=row["ms"],
        cost_usd=row["cost_usd"],
        status="ok" if answered else row["outcome"],
        dimensions={"role": row["role"], "run_id": str(row["run_id"]), "user_id": str(row["user_id"])},
    )

"""Removes what a deleted account leaves outside its own rows: usage data, and records of model calls."""

import logging
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from netra.analytics.database import Database
from netra.analytics.erasure import erase
from netra.errors import NetraError
from netra.runs.warehouse import Warehouse
from netra.stores.database import Pool
from netra.stores.postgres import FAILURES
from netra.stores.queries import load
from netra.stores.repeating import repeating

LOG = logging.getLogger(__name__)
QUERIES = load("netra.runs", "sql/erasure.sql")
EVERY_S = 60.0


class Eraser:
    """Any number of processes may have one: to erase twice changes nothing, and what failed is tried again."""

    def __init__(self, pool: Pool, warehouse: Warehouse) -> None:
        """Find tenants in this database, and their usage in that one."""
        self._pool = pool
        self._warehouse = warehouse

    def repeated(self) -> AbstractAsyncContextManager[None]:
        """Look for what is due, for the length of a block; what is not erased yet is still marked."""
        return repeating("the erasure of deleted accounts", self.erase, EVERY_S)

    async def erase(self) -> int:
        """Erase what is due; of how many tenants. One that cannot be erased now does not hold up the others."""
        rows = await self._pool.fetch(QUERIES["due"])
        return sum([await self._erased(UUID(int=row["tenant_id"].int)) for row in rows])

    async def _erased(self, tenant_id: UUID) -> bool:
        try:
            await erase(Database(await self._warehouse.client()), tenant_id)
            await self._pool.execute(QUERIES["forget_calls"], tenant_id)
            await self._pool.execute(QUERIES["done"], tenant_id)
        except (NetraError, *FAILURES) as error:
            told = {"tenant_id": str(tenant_id), "error": repr(error)}
            LOG.warning("the data of a deleted account waits for its erasure", extra=told)
            return False
        LOG.info("the data of a deleted account is erased", extra={"tenant_id": str(tenant_id)})
        return True

"""The end of a tenant's usage data."""

from uuid import UUID

from netra.analytics.database import Database
from netra.stores.queries import load

QUERIES = load("netra.analytics", "sql/erasure.sql")


async def erase(database: Database, tenant_id: UUID) -> None:
    """Remove every row of the tenant; doing it again changes nothing."""
    for name in QUERIES:
        await database.run(QUERIES[name], {"tenant_id": str(tenant_id)})

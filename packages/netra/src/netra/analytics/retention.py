"""For how long usage data is kept: whole imports, from the day they came, however old the events in them are."""

from datetime import datetime
from uuid import UUID

from netra.analytics.database import Database
from netra.analytics.ingest.commit import remove
from netra.analytics.ingest.staging import QUERIES
from netra.analytics.scope import Frozen, timestamp


class Oldest(Frozen):
    """A tenant's oldest import."""

    tenant_id: UUID
    since: datetime


async def oldest(database: Database, before: datetime) -> tuple[Oldest, ...]:
    """Tenants with imports from before the moment."""
    rows = await database.rows(QUERIES["oldest"], {"before": timestamp(before)})
    return tuple(Oldest.model_validate(row) for row in rows)


async def forget(database: Database, tenant_id: UUID, before: datetime) -> int:
    """Remove the tenant's imports from before the moment; how many. The caller holds the tenant's import lock."""
    bounds = {"tenant_id": str(tenant_id), "before": timestamp(before)}
    found = await database.rows(QUERIES["outlived"], bounds)
    for row in found:
        await remove(database, tenant_id, UUID(str(row["import_id"])))
    return len(found)

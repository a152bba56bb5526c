"""A deleted account leaves nothing: usage data goes once its runs can no longer add to it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from netra_doors import PASSWORD, Door

from netra.analytics.database import Database
from netra.analytics.generator import GenerationPlan
from netra.analytics.ingest.generated import import_generated
from netra.analytics.schema import ensure
from netra.runs.erasure import Eraser
from netra.runs.warehouse import Warehouse
from netra.settings.contract import load
from netra.settings.timeouts import Timeouts
from netra.stores.database import Pool

TABLES = ("workload_events", "workload_imports", "workload_staging")


@pytest.mark.slow
async def test_usage_of_a_deleted_account_is_erased_and_nobody_elses(
    door: Door, database: Pool, environ: Mapping[str, str]
) -> None:
    warehouse = Warehouse(load(environ).clickhouse, Timeouts())
    try:
        client: Any = await warehouse.client()
        await ensure(client)
        gone, stays = await door.person(), await door.person()
        tenants: list[UUID] = []
        for person in (gone, stays):
            me = (await door.http.get("/api/auth/me", headers=person.headers)).json()
            tenants.append(UUID(me["tenant_id"]))
            plan = GenerationPlan(end=datetime.now(UTC), days=2, seed=7, requests_per_day=20)
            await import_generated(Database(client), tenants[-1], plan)

        async def rows(tenant: UUID) -> int:
            counts = [
                await Database(client).rows(f"select count() as n from {t} where tenant_id = '{tenant}'")  # noqa: S608
                for t in TABLES
            ]
            return sum(int(count[0]["n"]) for count in counts)

        before = [await rows(tenant) for tenant in tenants]
        assert min(before) > 10
        eraser = Eraser(database, warehouse)
        deletion = {"password": PASSWORD}
        answer = await door.http.request("DELETE", "/api/auth/me", headers=gone.headers, json=deletion)
        assert answer.status_code == 204
        assert await eraser.erase() == 0, "its runs may go on for a moment"
        await database.execute("update erasures set asked_at = now() - interval '1 hour'")
        assert await eraser.erase() == 1
        assert [await rows(tenant) for tenant in tenants] == [0, before[1]]
        assert await eraser.erase() == 0
    finally:
        await warehouse.aclose()

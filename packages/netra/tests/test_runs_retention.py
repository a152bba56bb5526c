"""Usage data is kept for as long as the plan says, from the day it came, and goes as a whole."""

from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from netra_runs import new_person
from netra_usage import Usage, event, opened

from netra.auth.plans import PLANS
from netra.runs.retention import Keeper
from netra.runs.warehouse import Warehouse
from netra.settings.contract import load
from netra.settings.timeouts import Timeouts
from netra.stores.database import Pool

TABLES = ("workload_events", "workload_hours", "workload_days", "workload_imports", "workload_staging")


@pytest.fixture
async def usage(environ: Mapping[str, str]) -> AsyncGenerator[Usage]:
    async with opened(load(environ)) as usage:
        yield usage


async def rows(usage: Usage, tenant: UUID) -> list[int]:
    counts = "select count() as n from {table:Identifier} where tenant_id = {tenant:UUID}"
    return [(await usage.database.rows(counts, {"table": t, "tenant": str(tenant)}))[0]["n"] for t in TABLES]


@pytest.mark.slow
async def test_data_goes_when_its_plan_says_and_not_before(
    environ: Mapping[str, str], database: Pool, usage: Usage
) -> None:
    free, pro = await new_person(database), await new_person(database)
    await database.execute("update users set plan = 'pro' where id = $1", pro.user_id)
    old = [event(datetime(2023, 11, 16, 18, tzinfo=UTC)), event(datetime(2025, 1, 1, tzinfo=UTC))]
    for person in (free, pro):
        await usage.put(person.tenant_id, old)
    warehouse = Warehouse(load(environ).clickhouse, Timeouts())
    keeper = Keeper(database, warehouse)
    came = datetime.now(UTC)
    try:
        assert await keeper.forget(came) == 0, "the events are old, the import is not"
        assert await keeper.forget(came + timedelta(days=PLANS["free"].data_days - 1)) == 0
        assert await keeper.forget(came + timedelta(days=PLANS["free"].data_days + 1)) == 1
        assert await rows(usage, free.tenant_id) == [0, 0, 0, 0, 0]
        assert await rows(usage, pro.tenant_id) == [2, 2, 2, 1, 0]
        assert (await usage.put(free.tenant_id, old)).imported == 2, "what has gone may come again"
        assert await keeper.forget(came + timedelta(days=PLANS["pro"].data_days + 1)) == 2
        assert await rows(usage, pro.tenant_id) == [0, 0, 0, 0, 0]
    finally:
        await warehouse.aclose()

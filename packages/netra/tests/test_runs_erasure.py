"""A deleted account leaves nothing: usage data goes once its runs can no longer add to it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

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
from netra.stores import postgres
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


async def test_a_tenant_that_cannot_be_erased_now_holds_up_no_other(database: Pool, environ: Mapping[str, str]) -> None:
    settings = load(environ)
    warehouse = Warehouse(settings.clickhouse, Timeouts())
    await ensure(await warehouse.client())
    stuck, free = uuid4(), uuid4()
    call = (
        "insert into llm_calls (id, user_id, tenant_id, run_id, attempt, role, provider, model, try)"
        " values (gen_random_uuid(), gen_random_uuid(), $1, gen_random_uuid(), 1, 'data', 'p', 'm', 1)"
    )
    for age, tenant in ((3, stuck), (2, free)):
        due = "insert into erasures (tenant_id, asked_at) values ($1, now() - make_interval(hours => $2))"
        await database.execute(due, tenant, age)
        await database.execute(call, tenant)
    try:
        async with postgres.pool(settings.postgres, timeouts=Timeouts(query_s=1.0)) as impatient:
            eraser = Eraser(impatient, warehouse)
            async with database.acquire() as connection, connection.transaction():
                await connection.execute("select from llm_calls where tenant_id = $1 for update", stuck)
                assert await eraser.erase() == 1
            assert await eraser.erase() == 1
        left = "select count(*) from llm_calls where tenant_id = any($1)"
        assert await database.fetchval(left, [stuck, free]) == 0
    finally:
        await warehouse.aclose()

"""The ClickHouse schema goes forward only, and says when a step was changed behind its back."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from uuid import uuid4

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from netra.analytics import schema
from netra.analytics.database import Database
from netra.errors import StartupError
from netra.settings.contract import load
from netra.stores import clickhouse

OLD: dict[str, object] = {
    "at": "2026-01-01 10:30:00.000001",
    "workload": "chat",
    "model": "gpt-4o",
    "provider": "openai",
    "input_tokens": 7,
    "output_tokens": 1,
    "latency_ms": None,
    "cost_usd": "0.5",
    "status": "ok",
    "dimensions": {},
}
"""An event as it was before there were cached tokens."""


@pytest.fixture
async def client(stack: Mapping[str, str]) -> AsyncGenerator[AsyncClient]:
    """A ClickHouse database without any table."""
    name = f"s_{uuid4().hex[:12]}"
    opened = await clickhouse.open_client(load(stack).clickhouse)
    admin = Database(opened)
    await admin.run(f"create database {name}")
    client = await clickhouse.open_client(load({**stack, "CLICKHOUSE_DB": name}).clickhouse)
    yield client
    await client.close()
    await admin.run(f"drop database {name}")
    await opened.close()


async def test_ensure_applies_each_step_once(client: AsyncClient) -> None:
    every = [step.name for step in schema.steps()]
    assert await schema.pending(client) == every
    assert await schema.ensure(client) == every
    assert await schema.pending(client) == []
    assert await schema.ensure(client) == []


async def test_an_interrupted_step_is_completed_by_the_next_ensure(client: AsyncClient) -> None:
    step = schema.steps()[0]
    await Database(client).run(step.statements[0])
    assert await schema.ensure(client) == [s.name for s in schema.steps()]


async def test_two_processes_may_ensure_at_once(client: AsyncClient) -> None:
    await asyncio.gather(schema.ensure(client), schema.ensure(client))
    assert await schema.pending(client) == []


def test_a_step_changed_after_it_was_applied_is_refused() -> None:
    steps = schema.steps()
    with pytest.raises(StartupError, match=f"{steps[0].name} was changed"):
        schema.outstanding(steps, {steps[0].name: "of another text"})


async def test_data_from_before_is_counted_by_hour_and_day_and_stays_as_it_is(client: AsyncClient) -> None:
    database, first = Database(client), schema.steps()[0]
    await database.run(schema.QUERIES["create_versions"])
    for statement in first.statements:
        await database.run(statement)
    await database.insert("analytics_schema", [{"name": first.name, "checksum": first.checksum}])
    tenant, imports = uuid4(), [uuid4() for _ in range(3)]
    events = [{**OLD, "tenant_id": tenant, "event_id": uuid4(), "import_id": imports[n % 3]} for n in range(30)]
    await database.insert("workload_events", events)
    assert await schema.ensure(client) == [step.name for step in schema.steps()[1:]]
    counts = "select import_id, sum(requests) as n, sum(input_sum) as tokens, sum(cost) as cost from {table:Identifier}"
    for table in ("workload_hours", "workload_days"):
        found = await database.rows(f"{counts} group by import_id order by import_id", {"table": table})
        assert {row["import_id"] for row in found} == set(imports)
        assert {(row["n"], row["tokens"], float(row["cost"])) for row in found} == {(10, 70, 5.0)}
    again = (
        "select toUUID(import_id) as id, count() as n, sum(cached_tokens) as cached from workload_events group by id"
    )
    assert {row["id"]: (row["n"], row["cached"]) for row in await database.rows(again)} == dict.fromkeys(
        imports, (10, 0)
    )

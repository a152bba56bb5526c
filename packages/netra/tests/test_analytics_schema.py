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

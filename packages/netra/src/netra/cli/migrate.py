"""`netra migrate`: bring the databases to the schema of this revision, or say what is missing."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Literal

import click
from clickhouse_connect.driver.asyncclient import AsyncClient

from netra.analytics import schema as analytics
from netra.settings.contract import load, process_environment
from netra.settings.model import ClickHouseSettings, Settings
from netra.stores import clickhouse, migrations, postgres


@click.command()
@click.option("--pending", is_flag=True, help="Only name what is not applied, one a line, and change nothing.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print the result.")
def command(pending: bool, output: Literal["text", "json"]) -> None:
    """Bring the databases to the schema of this revision; safe to run twice, and by several at once."""
    settings = load(process_environment())
    names = asyncio.run(missing(settings) if pending else migrate(settings))
    if output == "json":
        print(json.dumps({"pending" if pending else "applied": names}))
    elif pending:
        print("\n".join(names), end="\n" if names else "")
    else:
        print("\n".join(f"applied {name}" for name in names) or "nothing to do")


async def migrate(settings: Settings) -> list[str]:
    """Migrate PostgreSQL, then see that ClickHouse has its tables; returns the migrations applied."""
    async with postgres.pool(settings.postgres) as pool:
        applied = await migrations.migrate(pool)
    async with _clickhouse(settings.clickhouse) as client:
        return applied + [f"clickhouse {name}" for name in await analytics.ensure(client)]


async def missing(settings: Settings) -> list[str]:
    """The names of the migrations of both databases that are not applied."""
    async with postgres.pool(settings.postgres) as pool:
        names = await migrations.pending(pool)
    async with _clickhouse(settings.clickhouse) as client:
        return names + [f"clickhouse {name}" for name in await analytics.pending(client)]


@asynccontextmanager
async def _clickhouse(settings: ClickHouseSettings) -> AsyncGenerator[AsyncClient]:
    client = await clickhouse.open_client(settings)
    try:
        yield client
    finally:
        await client.close()

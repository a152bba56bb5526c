"""`netra migrate`: bring the databases to the schema of this revision."""

import asyncio
import json
from typing import Literal

import click

from netra.analytics import schema as analytics
from netra.settings.contract import load, process_environment
from netra.settings.model import Settings
from netra.stores import clickhouse, migrations, postgres


@click.command()
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print the result.")
def command(output: Literal["text", "json"]) -> None:
    """Bring the databases to the schema of this revision; safe to run twice, and by several at once."""
    applied = asyncio.run(migrate(load(process_environment())))
    if output == "json":
        print(json.dumps({"applied": applied}))
    elif applied:
        print("\n".join(f"applied {name}" for name in applied))
    else:
        print("nothing to do")


async def migrate(settings: Settings) -> list[str]:
    """Migrate PostgreSQL, then see that ClickHouse has its tables; returns the migrations applied."""
    async with postgres.pool(settings.postgres) as pool:
        applied = await migrations.migrate(pool)
    client = await clickhouse.open_client(settings.clickhouse)
    try:
        await analytics.ensure(client)
    finally:
        await client.close()
    return applied

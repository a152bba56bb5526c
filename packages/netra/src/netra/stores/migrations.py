"""The PostgreSQL schema's migrations: forward only, one transaction each, one process at a time."""

import hashlib
import importlib.resources
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

from pydantic import BaseModel, ConfigDict

from netra.errors import StartupError
from netra.stores.database import Connection, Pool
from netra.stores.postgres import PostgresError
from netra.stores.queries import load

QUERIES = load("netra.stores", "sql/migrations.sql")
LOCK = 0x6E65747261
"""The advisory lock's number: "netra" in ASCII."""
MIGRATION_S = 600.0
"""One migration, or the wait for another process that migrates, may take this long."""

Source = Pool | Connection


class Migration(BaseModel):
    """One step of the schema."""

    model_config = ConfigDict(frozen=True)

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the statement text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def known() -> tuple[Migration, ...]:
    """Every migration of this revision, in order."""
    folder = importlib.resources.files("netra.stores").joinpath("sql/migrations")
    files = [f for f in folder.iterdir() if f.name.endswith(".sql")]
    steps = (Migration(name=f.name.removesuffix(".sql"), sql=f.read_text(encoding="utf-8")) for f in files)
    return tuple(sorted(steps, key=lambda step: step.name))


async def migrate(source: Source, migrations: tuple[Migration, ...] | None = None) -> list[str]:
    """Apply what is missing and name it; raises StartupError if an applied migration is not the one known here."""
    steps = known() if migrations is None else migrations
    async with _connection(source) as connection:
        await connection.execute(QUERIES["lock"], LOCK, timeout=MIGRATION_S)
        try:
            await connection.execute(QUERIES["create_table"])
            missing = await _missing(connection, steps)
            for step in missing:
                await _apply(connection, step)
        finally:
            await connection.execute(QUERIES["unlock"], LOCK)
    return [step.name for step in missing]


async def pending(source: Source, migrations: tuple[Migration, ...] | None = None) -> list[str]:
    """The names of migrations that are not applied; raises StartupError like `migrate`.

    Applied migrations that this revision does not know are no obstacle: migrations only add, so that an older revision
    can be rolled back to.
    """
    steps = known() if migrations is None else migrations
    async with _connection(source) as connection:
        if not await connection.fetchval(QUERIES["table_exists"]):
            return [step.name for step in steps]
        return [step.name for step in await _missing(connection, steps)]


async def _missing(connection: Connection, steps: tuple[Migration, ...]) -> list[Migration]:
    rows = await connection.fetch(QUERIES["applied"])
    applied: dict[str, str] = {row["name"]: row["checksum"] for row in rows}
    changed = [step.name for step in steps if applied.get(step.name, step.checksum) != step.checksum]
    if changed:
        raise StartupError(
            f"applied migrations were changed afterwards: {', '.join(changed)}",
            where="migrations",
            hint="restore the files and write the change as a new migration",
        )
    return [step for step in steps if step.name not in applied]


async def _apply(connection: Connection, step: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(step.sql, timeout=MIGRATION_S)
            await connection.execute(QUERIES["record"], step.name, step.checksum)
    except PostgresError as error:
        message = f"{step.name} failed and was rolled back: {error}"
        raise StartupError(message, where="migrations", hint="see the statement in that migration") from error


@asynccontextmanager
async def _connection(source: Source) -> AsyncGenerator[Connection]:
    match getattr(source, "acquire", None):
        case None:
            yield cast("Connection", source)
        case acquire:
            async with acquire() as connection:
                yield connection

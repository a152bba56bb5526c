"""The ClickHouse schema: forward steps, each applied once and remembered with its checksum."""

import hashlib
import importlib.resources

from clickhouse_connect.driver.asyncclient import AsyncClient
from pydantic import BaseModel, ConfigDict

from netra.analytics.database import Database
from netra.errors import StartupError
from netra.stores.queries import load, parse

PACKAGE = "netra.analytics"
STEPS = "sql/schema"
QUERIES = load(PACKAGE, "sql/schema.sql")


class Step(BaseModel):
    """One forward step of the schema; its statements can each be repeated after an interruption."""

    model_config = ConfigDict(frozen=True)

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the step's text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements in order."""
        return tuple(parse(self.sql, source=f"{PACKAGE}:{STEPS}/{self.name}.sql").values())


def steps() -> tuple[Step, ...]:
    """Every step this version knows, in order."""
    folder = importlib.resources.files(PACKAGE).joinpath(STEPS)
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return tuple(Step(name=f.name.removesuffix(".sql"), sql=f.read_text(encoding="utf-8")) for f in files)


async def ensure(client: AsyncClient) -> list[str]:
    """Bring the database to the present schema; returns the names of the steps applied now."""
    database = Database(client)
    await database.run(QUERIES["create_versions"])
    todo = outstanding(steps(), await _applied(database))
    for step in todo:
        await _apply(database, step)
    return [step.name for step in todo]


async def pending(client: AsyncClient) -> list[str]:
    """The names of the steps this database does not have yet; changes nothing."""
    database = Database(client)
    known = await database.rows(QUERIES["has_versions"])
    applied = await _applied(database) if known else {}
    return [step.name for step in outstanding(steps(), applied)]


def outstanding(known: tuple[Step, ...], applied: dict[str, str]) -> tuple[Step, ...]:
    """The steps still to apply; raises StartupError when an applied one was changed afterwards."""
    for step in known:
        if applied.get(step.name, step.checksum) != step.checksum:
            raise StartupError(
                f"schema step {step.name} was changed after it had been applied",
                where="clickhouse",
                hint="restore the file and add a new step",
            )
    return tuple(step for step in known if step.name not in applied)


async def _applied(database: Database) -> dict[str, str]:
    return {row["name"]: row["checksum"] for row in await database.rows(QUERIES["applied"])}


async def _apply(database: Database, step: Step) -> None:
    for statement in step.statements:
        await database.run(statement)
    await database.insert("analytics_schema", [{"name": step.name, "checksum": step.checksum}])

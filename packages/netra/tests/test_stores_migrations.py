import asyncio
import itertools

import pytest

from netra.errors import StartupError
from netra.settings.model import PostgresSettings
from netra.stores import postgres
from netra.stores.migrations import Migration, known, migrate, pending

STEPS = (
    Migration(name="0001_one", sql="create table one (n int); create table counted (n int);"),
    Migration(name="0002_two", sql="create table two (n int); insert into counted values (2);"),
)


async def test_every_migration_is_applied_in_order_and_once(empty_database: PostgresSettings) -> None:
    names = [step.name for step in known()]
    async with postgres.pool(empty_database) as pool:
        assert await pending(pool) == names
        assert await migrate(pool) == names
        assert await migrate(pool) == []
        assert await pending(pool) == []
        assert await pool.fetchval("select count(*) from schema_migrations") == len(names)


def test_each_migration_has_a_number_of_its_own() -> None:
    numbers = [step.name.partition("_")[0] for step in known()]
    assert all(len(number) == 4 and number.isdigit() for number in numbers)
    assert len(set(numbers)) == len(numbers)


async def test_only_what_is_missing_is_applied(empty_database: PostgresSettings) -> None:
    async with postgres.pool(empty_database) as pool:
        assert await migrate(pool, STEPS[:1]) == ["0001_one"]
        assert await pending(pool, STEPS) == ["0002_two"]
        assert await migrate(pool, STEPS) == ["0002_two"]


async def test_a_changed_migration_is_refused_and_named(empty_database: PostgresSettings) -> None:
    changed = (STEPS[0].model_copy(update={"sql": "create table other (n int)"}), STEPS[1])
    async with postgres.pool(empty_database) as pool:
        await migrate(pool, STEPS[:1])
        for act in (migrate, pending):
            with pytest.raises(StartupError, match="changed afterwards: 0001_one"):
                await act(pool, changed)
        assert await pool.fetchval("select to_regclass('two')") is None


async def test_an_older_revision_can_be_rolled_back_to(empty_database: PostgresSettings) -> None:
    async with postgres.pool(empty_database) as pool:
        await migrate(pool, STEPS)
        assert await pending(pool, STEPS[:1]) == []
        assert await migrate(pool, STEPS[:1]) == []


async def test_a_failing_migration_leaves_nothing_of_itself(empty_database: PostgresSettings) -> None:
    broken = Migration(name="0002_two", sql="create table two (n int); select 1 / 0;")
    async with postgres.pool(empty_database) as pool:
        with pytest.raises(StartupError, match="0002_two failed and was rolled back: division by zero"):
            await migrate(pool, (STEPS[0], broken))
        assert await pool.fetchval("select to_regclass('two')") is None
        assert await migrate(pool, STEPS) == ["0002_two"]


async def test_processes_that_migrate_at_once_apply_each_step_once(empty_database: PostgresSettings) -> None:
    async with postgres.pool(empty_database, max_size=8) as pool:
        results = await asyncio.gather(*(migrate(pool, STEPS) for _ in range(8)))
        assert list(itertools.chain(*results)) == ["0001_one", "0002_two"]
        assert await pool.fetchval("select count(*) from counted") == 1

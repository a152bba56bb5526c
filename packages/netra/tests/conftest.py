"""Real servers for every test: one stack a test process, one fresh database a test module."""

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings as hypothesis_settings
from netra_doors import Door, opened
from netra_stub import Stub
from netra_stub import stub as started_stub

from netra.embedded.stack import start_model, start_stack
from netra.settings.contract import load
from netra.settings.model import PostgresSettings, Settings
from netra.stores import clickhouse, migrations, postgres
from netra.stores.database import Pool

TEMPLATE = "netra_template"


# A property is about values, and two busy cores are slow now and then.
hypothesis_settings.register_profile("no_deadline", deadline=None)
hypothesis_settings.load_profile("no_deadline")


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Mapping[str, str]]:
    """Contract variables that reach PostgreSQL, Valkey and ClickHouse of this test process."""
    async with start_stack(tmp_path_factory.mktemp("stack")) as started:
        yield {"ENVIRONMENT": "test", "NETRA_REVISION": "test-1", **started.environ}


@pytest.fixture(scope="session")
async def model(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Mapping[str, str]]:
    """LLM_BASE_URL, LLM_MODEL and LLM_API_KEY of a real, small model."""
    async with start_model(tmp_path_factory.mktemp("model")) as environ:
        yield environ


@pytest.fixture(scope="session")
async def stub(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stub]:
    """A scripted model of this test process; say what it answers with `play`."""
    async with started_stub(tmp_path_factory.mktemp("stub")) as running:
        yield running


@pytest.fixture(scope="session")
async def template(stack: Mapping[str, str]) -> str:
    """The name of a migrated database to copy."""
    admin = load(stack).postgres
    async with postgres.pool(admin) as pool:
        await pool.execute(f"create database {TEMPLATE}")
    async with postgres.pool(admin.model_copy(update={"db": TEMPLATE})) as pool:
        await migrations.migrate(pool)
    return TEMPLATE


@pytest.fixture(scope="module")
async def environ(stack: Mapping[str, str], template: str) -> AsyncGenerator[Mapping[str, str]]:
    """The stack's variables with a PostgreSQL and a ClickHouse database of this module alone."""
    name = f"m_{uuid4().hex[:12]}"
    settings = load(stack)
    async with postgres.pool(settings.postgres) as pool:
        await pool.execute(f"create database {name} template {template}", timeout=60)
    client: Any = await clickhouse.open_client(settings.clickhouse)  # its own types are partly unknown
    await client.command(f"create database {name}")
    yield {**stack, "POSTGRES_DB": name, "CLICKHOUSE_DB": name}
    await client.command(f"drop database {name}")
    await client.close()
    async with postgres.pool(settings.postgres) as pool:
        await pool.execute(f"drop database {name} with (force)", timeout=60)


@pytest.fixture(scope="module")
def settings(environ: Mapping[str, str]) -> Settings:
    """The settings of this module's stack and databases."""
    return load(environ)


@pytest.fixture(scope="module")
async def database(settings: Settings) -> AsyncGenerator[Pool]:
    """A pool on this module's migrated database."""
    async with postgres.pool(settings.postgres) as pool:
        yield pool


@pytest.fixture
async def empty_database(stack: Mapping[str, str]) -> AsyncGenerator[PostgresSettings]:
    """Where a database without any schema is, for one test."""
    name = f"e_{uuid4().hex[:12]}"
    admin = load(stack).postgres
    async with postgres.pool(admin) as pool:
        await pool.execute(f"create database {name}", timeout=60)
    yield admin.model_copy(update={"db": name})
    async with postgres.pool(admin) as pool:
        await pool.execute(f"drop database {name} with (force)", timeout=60)


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    """A folder of this test alone for embedded servers."""
    return tmp_path / "state"


@pytest.fixture(scope="module")
async def door(environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    """A real `netra web` process on this module's databases."""
    allowed = {**environ, "CORS_ORIGINS": "https://app.example.com"}
    async with opened(allowed, tmp_path_factory.mktemp("web")) as opened_door:
        yield opened_door

"""Real servers that all tests of one process share."""

from collections.abc import Generator

import pytest
from servers import Postgres, Valkey, postgres, valkey


@pytest.fixture(scope="session")
def database() -> Generator[Postgres]:
    """A real PostgreSQL; do not stop or freeze it."""
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def cache() -> Generator[Valkey]:
    """A real Valkey; do not stop or freeze it."""
    with valkey() as server:
        yield server

"""Real servers that all tests of one process share."""

from collections.abc import Generator

import pytest
from hypothesis import settings as hypothesis_settings
from servers import Postgres, Valkey, postgres, valkey

# A property is about values, and two busy cores are slow now and then.
hypothesis_settings.register_profile("no_deadline", deadline=None)
hypothesis_settings.load_profile("no_deadline")


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

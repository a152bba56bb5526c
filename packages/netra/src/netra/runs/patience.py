"""What a run does while PostgreSQL does not serve: it asks again, for its deadline bounds how long."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from netra.stores.postgres import FAILURES, phase_of

LOG = logging.getLogger(__name__)
RETRY_S = 0.25
T = TypeVar("T")


async def patient(what: str, ask: Callable[[], Awaitable[T]]) -> T:
    """The answer, however often PostgreSQL has to be asked; only what it refuses is raised."""
    while True:
        try:
            return await ask()
        except FAILURES as error:
            if phase_of(error) != "connect":
                raise
            LOG.warning("postgres does not take %s: %s", what, type(error).__name__)
        await asyncio.sleep(RETRY_S)

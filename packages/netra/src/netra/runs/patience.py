"""What is asked of PostgreSQL again: all that a run needs while it does not serve, and what met another statement."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from netra.stores.postgres import FAILURES, phase_of

LOG = logging.getLogger(__name__)
RETRY_S = 0.25
MET = frozenset({"40001", "40P01"})
"""SQL states of what was undone because it met another transaction: serialization failure, deadlock."""
TRIES = 3
T = TypeVar("T")


async def patient(what: str, ask: Callable[[], Awaitable[T]]) -> T:
    """The answer, however often PostgreSQL has to be asked; only what it refuses is raised."""
    while True:
        try:
            return await ask()
        except FAILURES as error:
            if phase_of(error) != "connect" and not met(error):
                raise
            LOG.warning("postgres does not take %s: %s", what, type(error).__name__)
        await asyncio.sleep(RETRY_S)


async def untangled(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer of a statement that is a transaction of its own; one that was undone for another is asked again."""
    for _ in range(TRIES - 1):
        try:
            return await ask()
        except FAILURES as error:
            if not met(error):
                raise
    return await ask()


def met(error: BaseException) -> bool:
    """Whether nothing was done because another transaction stood in the way."""
    return getattr(error, "sqlstate", None) in MET

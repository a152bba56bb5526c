"""Work that is done again and again in the background, for as long as a block lasts."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from redis.exceptions import RedisError

from netra.errors import NetraError
from netra.stores.postgres import FAILURES
from netra.stores.waiting import end, lasting

LOG = logging.getLogger(__name__)
EXPECTED = (NetraError, RedisError, *FAILURES)
"""What a store that does not serve makes work fail with; of anything else the log has the traceback."""

Work = Callable[[], Awaitable[object]]


@asynccontextmanager
async def repeating(name: str, work: Work, every_s: float, *, first_s: float = 0.0) -> AsyncGenerator[None]:
    """Do the work after `first_s` seconds and then with pauses of `every_s`; what failed is tried again."""
    task = asyncio.create_task(lasting(name, lambda: _repeat(name, work, every_s, first_s)), name=name)
    try:
        yield
    finally:
        await end(task)


async def _repeat(name: str, work: Work, every_s: float, first_s: float) -> None:
    await asyncio.sleep(first_s)
    while True:
        try:
            await work()
        except EXPECTED as error:
            LOG.warning("%s failed and is tried again: %s", name, type(error).__name__)
        await asyncio.sleep(every_s)

"""Waiting for an event, but not forever; ending tasks, whatever they do with the cancellation."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

LOG = logging.getLogger(__name__)
AGAIN_S = 0.5
"""A task that went on after its cancellation is cancelled again."""


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set or the seconds are over; a cancellation always gets through.

    `asyncio.wait_for` of Python 3.11 swallows one that arrives together with the event.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def lasting(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do work that never ends by itself; when it fails in a way that nobody foresaw, say so and begin again.

    A process without one of its loops would look alive, and claim, renew or deliver nothing.
    """
    while True:
        try:
            await work()
        except Exception:
            LOG.exception("%s failed unexpectedly and begins again", name)
        await asyncio.sleep(AGAIN_S)


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel the tasks until they have ended: one cancellation may be swallowed, as redis-py does with `wait_for`."""
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)

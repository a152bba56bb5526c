"""Waiting for an event, but not forever."""

import asyncio
from contextlib import suppress


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set or the seconds are over; a cancellation always gets through.

    `asyncio.wait_for` of Python 3.11 swallows one that arrives together with the event.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()

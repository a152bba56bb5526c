"""What a socket still has to send: bounded, in order, and given up when its reader stops reading."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

PATIENCE_S = 5.0
"""A full outbox from which nothing is taken for this long has lost its reader."""


class StalledError(Exception):
    """The reader takes nothing any more."""


class Outbox:
    """Frames on their way to one reader, sent at its pace."""

    def __init__(self, send: Callable[[str], Awaitable[None]], limit: int) -> None:
        """Hand frames to `send`, one at a time; hold at most `limit` of them."""
        self._send = send
        self._limit = limit
        self._waiting: deque[str] = deque()
        self._filled = asyncio.Event()
        self._taken = asyncio.Event()

    async def put(self, frame: str) -> None:
        """Send after all that waits; waits while the outbox is full, and raises StalledError if nothing leaves it."""
        while len(self._waiting) >= self._limit:
            self._taken.clear()
            try:
                await asyncio.wait_for(self._taken.wait(), PATIENCE_S)
            except TimeoutError:
                raise StalledError from None
        self._waiting.append(frame)
        self._filled.set()

    async def drain(self) -> None:
        """Send for ever; ends only by cancellation or by what `send` raises."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._waiting:
                await self._send(self._waiting.popleft())
                self._taken.set()

"""What a socket still has to send: bounded, in order, and given up when its reader stops reading."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from netra.telemetry.instruments import FRAMES_SENT, OUTBOX_STALLED

PATIENCE_S = 5.0
"""A full outbox from which nothing is taken for this long has lost its reader."""


class StalledError(Exception):
    """The reader takes nothing any more."""


class Outbox:
    """Frames on their way to one reader, sent at its pace; while nothing waits, it costs no task."""

    def __init__(self, send: Callable[[str], Awaitable[None]], limit: int, on_failure: Callable[[], None]) -> None:
        """Hand frames to `send`, one at a time; hold at most `limit`; call `on_failure` when sending fails."""
        self._send = send
        self._limit = limit
        self._on_failure = on_failure
        self._waiting: deque[str] = deque()
        self._taken: asyncio.Event | None = None
        self._sender: asyncio.Task[None] | None = None

    async def put(self, frame: str) -> None:
        """Send after all that waits; waits while the outbox is full, and raises StalledError if nothing leaves it."""
        while len(self._waiting) >= self._limit:
            await self._room()
        self._waiting.append(frame)
        FRAMES_SENT.add()
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_waiting())

    async def close(self) -> None:
        """Send nothing more."""
        if sender := self._sender:
            sender.cancel()
            await asyncio.wait([sender])

    async def _room(self) -> None:
        self._taken = self._taken or asyncio.Event()
        self._taken.clear()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._taken.wait()
        except TimeoutError:
            OUTBOX_STALLED.add()
            raise StalledError from None

    async def _send_waiting(self) -> None:
        try:
            while self._waiting:
                await self._send(self._waiting.popleft())
                if self._taken:
                    self._taken.set()
        except Exception:  # noqa: BLE001 - the connection is gone, in whichever way; its reader learns it here
            self._on_failure()
        finally:
            self._sender = None

"""Hands appended events to live readers through Valkey, in order, without holding up the writer."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self, cast
from uuid import UUID

from redis.asyncio import Redis

from netra.runs.frames import Frame, pack
from netra.stores import valkey
from netra.stores.waiting import end, lasting
from netra.telemetry.instruments import VALKEY_ERRORS

LOG = logging.getLogger(__name__)
BACKLOG = 10_000
"""Messages that may wait; beyond it the newest is dropped, for readers find it in the log."""
BATCH = 200
FAREWELL_S = 1.0
PAUSE_S = 0.25
"""After a failure: Valkey is asked again this often."""


def channel(run_id: UUID) -> str:
    """The pub/sub channel of a run."""
    return f"run:{run_id}"


class Publisher:
    """One task that sends what was appended; a failure is logged once and costs latency only: the log has it all."""

    def __init__(self, valkey: Redis) -> None:
        """Send through this client; nothing is sent before the block is entered."""
        # redis-py leaves the types of its commands partly unknown.
        self._valkey = cast("Any", valkey)
        self._waiting: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(BACKLOG)
        self._task: asyncio.Task[None] | None = None
        self._down = False

    async def __aenter__(self) -> Self:
        """Start sending."""
        self._task = asyncio.create_task(lasting("publisher", self._send_forever))
        return self

    async def __aexit__(self, *failure: object) -> None:
        """Send what waits, unless Valkey is down, and stop."""
        if self._task is None:
            return
        if not self._down:
            with suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL_S):
                    await self._waiting.join()
        await end(self._task)

    def publish(self, run_id: UUID, frames: Sequence[Frame]) -> None:
        """Queue the frames of one append."""
        try:
            self._waiting.put_nowait((channel(run_id), pack(frames)))
        except asyncio.QueueFull:
            LOG.warning("publisher backlog is full; readers will find run %s in the log", run_id)

    async def _send_forever(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                await self._send(batch)
            finally:
                for _ in batch:
                    self._waiting.task_done()

    async def _send(self, batch: list[tuple[str, bytes]]) -> None:
        try:
            if len(batch) == 1:
                await self._valkey.publish(*batch[0])
            else:
                pipeline = self._valkey.pipeline(transaction=False)
                for name, message in batch:
                    pipeline.publish(name, message)
                await pipeline.execute()
        except valkey.FAILURES as error:
            VALKEY_ERRORS.add("publish")
            if not self._down:
                LOG.warning("valkey does not take events, readers poll the log: %s", type(error).__name__)
            self._down = True
            await asyncio.sleep(PAUSE_S)
        else:
            if self._down:
                LOG.info("valkey takes events again")
            self._down = False

"""The imports that this server looks after: each a process, of which some run at once."""

import asyncio
import logging
import sys
from asyncio.subprocess import PIPE
from contextlib import AbstractAsyncContextManager
from typing import Self
from uuid import UUID

from netra.analytics import imports
from netra.stores.database import Pool
from netra.stores.postgres import FAILURES
from netra.stores.repeating import repeating
from netra.stores.waiting import end
from netra.web.importing import Order
from netra.web.uploads import Upload, remove_abandoned

LOG = logging.getLogger(__name__)
AT_ONCE = 2
BEAT_S = 5.0
BROKEN = "the import ended unexpectedly; the server's log says why"


class Importers:
    """Starts the processes, says that they live, and ends them with the server."""

    def __init__(self, pool: Pool) -> None:
        """Say it in this database."""
        self._pool = pool
        self._places = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Nothing runs yet; what a server that died has left is taken away."""
        await asyncio.to_thread(remove_abandoned)
        return self

    async def __aexit__(self, *failure: object) -> None:
        """End what runs; nothing of it is imported."""
        await end(*self._tasks)

    def start(self, order: Order, upload: Upload) -> None:
        """Import in the background; the row says how it goes. The upload goes with it."""
        task = asyncio.create_task(self._look_after(order, upload), name=f"import {order.import_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_after(self, order: Order, upload: Upload) -> None:
        why = imports.LOST
        try:
            async with self._beating(order.import_id), self._places:
                await _carried_out(order)
            why = BROKEN
        finally:
            upload.remove()
            await self._ended(order.import_id, why)

    async def _ended(self, import_id: UUID, why: str) -> None:
        """An import that has not said its end by now has failed."""
        try:
            await imports.failed(self._pool, import_id, why)
        except FAILURES as error:
            LOG.warning("the end of an import is not noted", extra={"import_id": str(import_id), "error": repr(error)})

    def _beating(self, import_id: UUID) -> AbstractAsyncContextManager[None]:
        return repeating("the beat of an import", lambda: imports.beat(self._pool, import_id), BEAT_S)


async def _carried_out(order: Order) -> None:
    """Run the process to its end; a cancellation kills it."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-P", "-m", "netra.web.importing", stdin=PIPE)
    try:
        if process.stdin:
            process.stdin.write(order.model_dump_json().encode() + b"\n")
            await process.stdin.drain()
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

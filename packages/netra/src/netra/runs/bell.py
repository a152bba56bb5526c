"""Rings when PostgreSQL notifies: a run may be claimable, or somebody wants one to end."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress

from netra.stores.database import Connection, Pool
from netra.stores.postgres import FAILURES

LOG = logging.getLogger(__name__)
RUNS = "netra_runs"
CANCEL = "netra_cancel"
CHECK_S = 1.0
"""How long a connection that died without a word may go unnoticed; meanwhile the worker's poll serves."""
RETRY_S = 0.25


async def listen(pool: Pool, callbacks: Mapping[str, Callable[[], None]]) -> None:
    """Call back for each notification, and once for all after every new connection, until cancelled."""
    while True:
        try:
            async with pool.acquire() as connection:
                await _listen_on(connection, callbacks)
        except FAILURES as error:
            LOG.warning("notifications are interrupted: %s", type(error).__name__)
        await asyncio.sleep(RETRY_S)


async def _listen_on(connection: Connection, callbacks: Mapping[str, Callable[[], None]]) -> None:
    def ring(_connection: object, _pid: int, channel: str, _payload: object) -> None:
        callbacks[channel]()

    try:
        for channel, callback in callbacks.items():
            await connection.add_listener(channel, ring)
            callback()
        while not connection.is_closed():
            await asyncio.sleep(CHECK_S)
            await connection.execute("select 1")
    finally:
        with suppress(*FAILURES):
            for channel in callbacks:
                await connection.remove_listener(channel, ring)

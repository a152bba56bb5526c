"""What only the database knows about runs, read when somebody asks for metrics."""

import asyncio

from netra.runs.log import QUERIES
from netra.stores.database import Pool
from netra.stores.postgres import FAILURES, tell_pool
from netra.telemetry.instruments import QUEUE, QUEUE_AGE, SCRAPE_FAILURES

READ_S = 2.0
"""A scrape waits no longer; Prometheus gives up after ten seconds by default."""
NOT_KNOWN = float("nan")
"""What a gauge says that could not be read: a figure of before would be a wrong one."""


async def read_queue(pool: Pool) -> None:
    """Set the gauges of the queue, which is one for all processes, and of this process's pool."""
    tell_pool(pool)
    try:
        # Around all of it: a statement's own time-out does not bound the wait for a connection.
        async with asyncio.timeout(READ_S):
            row = await pool.fetchrow(QUERIES["queue"])
    except FAILURES:
        SCRAPE_FAILURES.add("postgres")
        row = None
    for status in ("queued", "running", "waiting"):
        QUEUE.set(row[status] if row else NOT_KNOWN, status)
    QUEUE_AGE.set(row["oldest_s"] if row else NOT_KNOWN)

"""Ends runs past their deadline, whoever holds them, even when nobody does."""

import logging
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from netra.runs.closing import DEADLINE, end
from netra.runs.log import QUERIES, EventLog
from netra.settings.timeouts import Timeouts
from netra.stores.database import Executor
from netra.stores.postgres import FAILURES, phase_of
from netra.stores.repeating import repeating

LOG = logging.getLogger(__name__)
EVERY_S = 1.0
GRACE_S = 1.0
"""A worker that is alive ends its run itself at the deadline; this is its head start."""
DEFAULT_TIMEOUTS = Timeouts()


class Sweeper:
    """Looks each second for runs past their deadline; any number of processes may have one."""

    def __init__(self, database: Executor, log: EventLog, *, name: str, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> None:
        """Sweep under this name, which is unique among processes."""
        self._database = database
        self._log = log
        self._name = name
        self._lease_s = timeouts.lease_s

    def repeated(self) -> AbstractAsyncContextManager[None]:
        """Sweep, again and again for the length of a block."""
        return repeating("the sweep", self.sweep, EVERY_S)

    async def sweep(self) -> list[UUID]:
        """Take overdue runs from whoever holds them and end them; returns those it ended."""
        rows = await self._database.fetch(QUERIES["overdue"], self._name, self._lease_s, GRACE_S)
        return [row["run_id"] for row in rows if await self._ended(row["run_id"], row["attempt"])]

    async def _ended(self, run_id: UUID, attempt: int) -> bool:
        """End one; a run that cannot be ended does not hold up the others."""
        try:
            return await end(self._log, run_id, attempt, DEADLINE)
        except FAILURES as error:
            if phase_of(error) == "connect":
                raise
            LOG.warning("run %s cannot be ended now: %r", run_id, error)
        except Exception:
            LOG.exception("run %s cannot be ended", run_id)
        return False

"""Counters of fixed windows that all processes share: in Valkey, and in PostgreSQL while Valkey does not answer.

Each keeps its own count until the window ends, so that an outage lets at most twice the limit through.
"""

from pydantic import BaseModel, ConfigDict

from netra.stores.database import Pool
from netra.stores.queries import load
from netra.stores.shared import Shared

QUERIES = load("netra.stores", "sql/counters.sql")


class Count(BaseModel):
    """How often something happened in its present window."""

    model_config = ConfigDict(frozen=True)

    count: int
    ends_in_s: float


class Windows:
    """Counts by key."""

    def __init__(self, shared: Shared, pool: Pool) -> None:
        """Count here, and in this database while that is away."""
        self._shared = shared
        self._pool = pool
        self._count = shared.script("window")
        self._uncount = shared.script("take_back")
        self._read = shared.script("read")

    async def add(self, key: str, window_s: float, amount: int = 1) -> Count:
        """Count more and answer the count so far."""
        answer = await self._shared.asked(lambda: self._count(keys=[_named(key)], args=[int(window_s * 1000), amount]))
        if answer is not None:
            return Count(count=answer[0], ends_in_s=max(answer[1], 0) / 1000)
        row = await self._pool.fetchrow(QUERIES["add"], key, amount, window_s)
        return Count(count=row["count"], ends_in_s=row["ends_in_s"]) if row else Count(count=0, ends_in_s=0)

    async def read(self, key: str, window_s: float) -> Count:
        """The count so far; a window that has not begun would take its whole length."""
        answer = await self._shared.asked(lambda: self._read(keys=[_named(key)]))
        if answer is not None:
            return Count(count=answer[0], ends_in_s=answer[1] / 1000 if answer[1] > 0 else window_s)
        row = await self._pool.fetchrow(QUERIES["read"], key)
        return Count(count=row["count"], ends_in_s=row["ends_in_s"]) if row else Count(count=0, ends_in_s=window_s)

    async def clear(self, key: str) -> None:
        """Forget the count, in both places: either may be the one that is asked next."""
        await self._shared.asked(lambda: self._uncount(keys=[_named(key)], args=["all"]))
        await self._pool.execute(QUERIES["clear"], key)

    async def take_back(self, key: str) -> None:
        """Count one less, for an event that turned out not to count."""
        if await self._shared.asked(lambda: self._uncount(keys=[_named(key)], args=[1])) is None:
            await self._pool.execute(QUERIES["take_back"], key)


def _named(key: str) -> str:
    return f"window:{key}"

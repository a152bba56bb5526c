"""Forgets with time what nobody needs: old tokens, sessions, keys, audit events, answers kept for who is gone."""

from contextlib import AbstractAsyncContextManager
from typing import Any, cast
from uuid import UUID

from redis.asyncio import Redis

from netra.stores.database import Pool
from netra.stores.queries import load
from netra.stores.repeating import repeating

QUERIES = load("netra.runs", "sql/forgetting.sql")
EVERY_S = 60.0
MOST = 1000
"""Rows of each kind at a time, so that nobody waits for them."""
FORGET_S = 30.0


class Forgetter:
    """Any number of processes may have one: to forget twice changes nothing, and what failed is tried again."""

    def __init__(self, pool: Pool, valkey: Redis) -> None:
        """Forget in this database and in that store."""
        self._pool = pool
        self._valkey = valkey

    def repeated(self) -> AbstractAsyncContextManager[None]:
        """Forget what is due, again and again for the length of a block."""
        return repeating("the forgetting of what is old", self.forget, EVERY_S)

    async def forget(self) -> None:
        """Forget what is due."""
        await self._pool.execute(QUERIES["forget"], MOST, timeout=FORGET_S)
        for row in await self._pool.fetch(QUERIES["departed"]):
            await self._forget_answers(UUID(int=row["user_id"].int))
            await self._pool.execute(QUERIES["forgotten"], row["user_id"])

    async def _forget_answers(self, user_id: UUID) -> None:
        """Remove what `netra.llm.cache` kept for the person."""
        valkey = cast("Any", self._valkey)
        async for key in valkey.scan_iter(match=f"llm:answer:{user_id}:*", count=MOST):
            await valkey.unlink(key)

"""How many sockets each person holds open, over all web processes.

Every process says how many it holds and says so again before that grows old: what a killed process held is free after
`LASTS_S`, and a Valkey that lost everything knows it again after `RENEWAL_S`.
"""

import asyncio
import logging
from collections import Counter
from typing import Self
from uuid import UUID, uuid4

from netra.stores.database import Pool
from netra.stores.postgres import FAILURES
from netra.stores.shared import Shared
from netra.stores.waiting import end, lasting
from netra.stores.windows import QUERIES

LOG = logging.getLogger(__name__)
RENEWAL_S = 30.0
LASTS_S = 90.0
UNLIMITED = -1


class OpenSockets:
    """Counts the sockets of this process and asks how many the others hold."""

    def __init__(self, shared: Shared, pool: Pool) -> None:
        """Count here, and in this database while that is away."""
        self._shared = shared
        self._pool = pool
        self._said = shared.script("sockets")
        self._process = uuid4().hex
        self._held: Counter[UUID] = Counter()
        self._renewal: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to renew."""
        self._renewal = asyncio.create_task(lasting("open sockets", self._renew_always))
        return self

    async def __aexit__(self, *failure: object) -> None:
        """Stop renewing; what was said grows old."""
        if self._renewal:
            await end(self._renewal)

    async def take(self, user_id: UUID, limit: int) -> int | None:
        """Count one more, and answer how many are open now; None, and not counted, when that would be too many."""
        self._held[user_id] += 1
        held = self._held[user_id]
        try:
            others = await self._others(user_id, limit)
        except BaseException:
            self._forget(user_id)
            raise
        if others + held <= limit:
            return others + held
        self._forget(user_id)
        await self._others(user_id, UNLIMITED)
        return None

    async def release(self, user_id: UUID) -> None:
        """Count one less."""
        self._forget(user_id)
        try:
            await self._others(user_id, UNLIMITED)
        except FAILURES as error:
            LOG.warning("a closed socket is counted a while longer", extra={"error": type(error).__name__})

    async def open_for(self, user_id: UUID) -> int:
        """How many are open now."""
        return self._held.get(user_id, 0) + await self._others(user_id, UNLIMITED)

    def _forget(self, user_id: UUID) -> None:
        self._held[user_id] -= 1
        if not self._held[user_id]:
            del self._held[user_id]

    async def _others(self, user_id: UUID, limit: int) -> int:
        """Say how many are held here, and learn how many are held elsewhere."""
        others = await self._told(user_id, limit)
        if others is not None:
            return others
        held = self._held.get(user_id, 0)
        return await self._pool.fetchval(QUERIES["hold_sockets"], user_id, self._process, held, LASTS_S)

    async def _told(self, user_id: UUID, limit: int) -> int | None:
        """As `_others`, by Valkey; None while it does not answer."""
        arguments = [self._process, self._held.get(user_id, 0), limit, int(LASTS_S * 1000)]
        answer = await self._shared.asked(lambda: self._said(keys=[f"sockets:{user_id}"], args=arguments))
        return None if answer is None else answer[1]

    async def _renew_always(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL_S)
            try:
                await self._renew()
            except FAILURES as error:
                LOG.warning("open sockets were not counted anew", extra={"error": type(error).__name__})

    async def _renew(self) -> None:
        for user_id in list(self._held):
            if await self._told(user_id, UNLIMITED) is None:
                people, counts = list(self._held.keys()), list(self._held.values())
                await self._pool.execute(QUERIES["renew_sockets"], self._process, people, counts)
                return

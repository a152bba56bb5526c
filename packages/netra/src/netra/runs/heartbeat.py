"""How others know that a worker lives: a row in PostgreSQL and a key in Valkey, renewed each second."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis

from netra.runs.log import QUERIES
from netra.stores import valkey
from netra.stores.database import Executor
from netra.stores.postgres import FAILURES
from netra.stores.repeating import repeating
from netra.telemetry.instruments import VALKEY_ERRORS

LOG = logging.getLogger(__name__)
EVERY_S = 1.0
KEY_MS = 3000


class Identity(BaseModel):
    """Who a worker is."""

    model_config = ConfigDict(frozen=True)

    worker_id: str
    revision: str
    host: str
    pid: int


class Heartbeat:
    """Says that this worker lives, until it says that it has gone."""

    def __init__(self, database: Executor, valkey: Redis, identity: Identity) -> None:
        """Speak for this worker."""
        self._database = database
        # redis-py leaves the types of its commands partly unknown.
        self._valkey = cast("Any", valkey)
        self._identity = identity
        self._key = f"worker:{identity.worker_id}"

    @asynccontextmanager
    async def living(self) -> AsyncGenerator[None]:
        """Beat for the length of a block, first of all before it begins; then say that the worker has gone."""
        await self._beat()
        try:
            async with repeating("heartbeat", self._beat, EVERY_S, first_s=EVERY_S):
                yield
        finally:
            await self._gone()

    async def _beat(self) -> None:
        """Say it once; a store that does not serve is asked again at the next beat."""
        who = self._identity
        try:
            await self._database.execute(QUERIES["seen"], who.worker_id, who.revision, who.host, who.pid)
        except FAILURES as error:
            LOG.warning("postgres does not take the heartbeat: %s", type(error).__name__)
        # Valkey is the faster witness, not the only one.
        try:
            await self._valkey.set(self._key, who.revision, px=KEY_MS)
        except valkey.FAILURES:
            VALKEY_ERRORS.add("heartbeat")

    async def _gone(self) -> None:
        with suppress(*FAILURES):
            await self._database.execute(QUERIES["gone"], self._identity.worker_id)
        with suppress(*valkey.FAILURES):
            await self._valkey.delete(self._key)

"""How others know that a worker lives: a row in PostgreSQL and a key in Valkey, renewed each second."""

import asyncio
import logging
from contextlib import suppress
from typing import Any, cast

from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis

from netra.runs.log import QUERIES
from netra.stores import valkey
from netra.stores.database import Executor
from netra.stores.postgres import FAILURES
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

    async def run(self) -> None:
        """Beat until cancelled; a store that does not serve is asked again at the next beat."""
        while True:
            await self.beat()
            await asyncio.sleep(EVERY_S)

    async def beat(self) -> None:
        """Say it once."""
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

    async def gone(self) -> None:
        """Say farewell."""
        with suppress(*FAILURES):
            await self._database.execute(QUERIES["gone"], self._identity.worker_id)
        with suppress(*valkey.FAILURES):
            await self._valkey.delete(self._key)

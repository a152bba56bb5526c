"""Counters of fixed windows: in Valkey, shared by all processes, and in this process while Valkey does not answer."""

import asyncio
import importlib.resources
import logging
import time
from typing import Any, cast

from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis
from redis.exceptions import RedisError

LOG = logging.getLogger(__name__)
ANSWER_S = 0.5
"""Longest wait for Valkey; a person waits behind it."""
RETRY_S = 1.0
"""After a failure Valkey is left alone for this long."""
MOST_LOCAL = 10_000
"""Windows kept in this process before ended ones are dropped."""


class Count(BaseModel):
    """How often something happened in its present window."""

    model_config = ConfigDict(frozen=True)

    count: int
    ends_in_s: float


class Windows:
    """Counts events by key; never fails, and says in the log where it counts."""

    def __init__(self, valkey: Redis) -> None:
        """Count in this Valkey."""
        self._valkey = valkey
        self._count = valkey.register_script(_script("window"))
        self._uncount = valkey.register_script(_script("take_back"))
        self._local: dict[str, tuple[int, float]] = {}
        self._retry_at = 0.0
        self._local_only = False

    async def add(self, key: str, window_s: float) -> Count:
        """Count one more and answer the count so far."""
        answer = await self._asked(self._count(keys=[f"window:{key}"], args=[int(window_s * 1000)]))
        if answer is None:
            return self._add_here(key, window_s)
        count, left_ms = cast("list[int]", answer)
        return Count(count=count, ends_in_s=max(left_ms, 0) / 1000)

    async def clear(self, key: str) -> None:
        """Forget the count."""
        self._local.pop(key, None)
        await self._asked(self._valkey.delete(f"window:{key}"))

    async def take_back(self, key: str) -> None:
        """Count one less, for an event that turned out not to count."""
        if key in self._local:
            count, ends_at = self._local[key]
            self._local[key] = (count - 1, ends_at)
        elif not self._local_only:
            await self._asked(self._uncount(keys=[f"window:{key}"]))

    async def _asked(self, command: Any) -> object:
        """Valkey's answer, or None while it does not answer."""
        if time.monotonic() < self._retry_at:
            command.close()
            return None
        try:
            async with asyncio.timeout(ANSWER_S):
                answer: object = await command
        except (RedisError, OSError, TimeoutError) as error:
            self._lost(error)
            return None
        self._found()
        return answer

    def _lost(self, error: BaseException) -> None:
        self._retry_at = time.monotonic() + RETRY_S
        if not self._local_only:
            self._local_only = True
            LOG.warning("limits are counted in this process", extra={"where": "valkey", "error": type(error).__name__})

    def _found(self) -> None:
        if self._local_only:
            self._local_only = False
            self._local.clear()
            LOG.info("limits are counted in valkey again", extra={"where": "valkey"})

    def _add_here(self, key: str, window_s: float) -> Count:
        now = time.monotonic()
        if len(self._local) > MOST_LOCAL:
            self._local = {k: v for k, v in self._local.items() if v[1] > now}
        count, ends_at = self._local.get(key, (0, 0.0))
        if ends_at <= now:
            count, ends_at = 0, now + window_s
        self._local[key] = (count + 1, ends_at)
        return Count(count=count + 1, ends_in_s=ends_at - now)


def _script(name: str) -> str:
    return importlib.resources.files("netra.auth").joinpath(f"lua/{name}.lua").read_text(encoding="utf-8")

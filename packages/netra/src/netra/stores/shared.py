"""What all processes count together is asked of Valkey, and of PostgreSQL while Valkey does not answer."""

import asyncio
import importlib.resources
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Redis

from netra.stores.valkey import FAILURES
from netra.telemetry.instruments import VALKEY_ERRORS

LOG = logging.getLogger(__name__)
ANSWER_S = 1.0
"""Longest wait for Valkey; a person waits behind it."""
RETRY_S = 1.0
"""After a failure Valkey is left alone for this long."""


class Shared:
    """One Valkey that may be away; says in the log when counting moves."""

    def __init__(self, valkey: Redis) -> None:
        """Ask this Valkey."""
        self._valkey = valkey
        self._retry_at = 0.0
        self._away = False

    def script(self, name: str) -> Callable[..., Awaitable[Any]]:
        """The Lua script of that name, to call with `keys` and `args`."""
        text = importlib.resources.files("netra.stores").joinpath(f"lua/{name}.lua").read_text(encoding="utf-8")
        return self._valkey.register_script(text)

    async def asked(self, command: Callable[[], Awaitable[Any]]) -> Any:
        """Valkey's answer, or None while it does not answer."""
        if time.monotonic() < self._retry_at:
            return None
        try:
            async with asyncio.timeout(ANSWER_S):
                answer = await command()
        except FAILURES as error:
            self._lost(error)
            return None
        self._found()
        return answer

    def _lost(self, error: BaseException) -> None:
        VALKEY_ERRORS.add("limits")
        self._retry_at = time.monotonic() + RETRY_S
        if not self._away:
            self._away = True
            LOG.warning("limits are counted in postgres", extra={"where": "valkey", "error": type(error).__name__})

    def _found(self) -> None:
        if self._away:
            self._away = False
            LOG.info("limits are counted in valkey again", extra={"where": "valkey"})

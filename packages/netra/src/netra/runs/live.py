"""The Valkey side of following runs: one connection a process, as many channels as there are runs to follow."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Protocol, cast
from uuid import UUID

from redis.asyncio import Redis

from netra.runs.frames import Frame, unpack
from netra.runs.publisher import channel
from netra.stores import valkey
from netra.telemetry.instruments import VALKEY_ERRORS

LOG = logging.getLogger(__name__)
RETRY_S = 0.25
LOST = (*valkey.FAILURES, AttributeError)
"""The last is redis-py's way to say that `listen` has just closed the connection."""
HOME = "netra:feed"
"""A channel nobody publishes to: a subscription needs at least one."""

OnFrames = Callable[[UUID, list[Frame]], None]


class _Channels(Protocol):
    """The part of redis-py's PubSub that is used here; its own types are partly unknown."""

    async def subscribe(self, *names: str) -> None: ...

    async def unsubscribe(self, *names: str) -> None: ...

    def get_message(self, *, timeout: float | None) -> Awaitable[dict[str, Any] | None]: ...


class Live:
    """Receives what is published about the wanted runs, for as long as Valkey serves."""

    def __init__(self, valkey: Redis, *, on_frames: OnFrames, on_change: Callable[[], None]) -> None:
        """Hand frames to `on_frames`; call `on_change` whenever the connection came or went."""
        self._valkey = cast("Any", valkey)
        self._on_frames = on_frames
        self._on_change = on_change
        self._wanted: set[UUID] = set()
        self._channels: _Channels | None = None
        self._order = asyncio.Lock()
        self._warned = False

    @property
    def up(self) -> bool:
        """Whether Valkey serves."""
        return self._channels is not None

    async def want(self, run_id: UUID) -> None:
        """Receive this run's frames from now on."""
        async with self._order:
            if run_id in self._wanted:
                return
            self._wanted.add(run_id)
            if self._channels is not None:
                # A failure here is noticed by `listen`, which then subscribes to all that is wanted.
                with suppress(*LOST):
                    await self._channels.subscribe(channel(run_id))

    async def keep_only(self, run_ids: Collection[UUID]) -> None:
        """Stop receiving about all other runs."""
        async with self._order:
            dropped = self._wanted.difference(run_ids)
            self._wanted -= dropped
            if dropped and self._channels is not None:
                with suppress(*LOST):
                    await self._channels.unsubscribe(*(channel(run_id) for run_id in dropped))

    async def listen(self) -> None:
        """Connect, receive, and connect again when the connection is lost, until cancelled."""
        while True:
            try:
                pubsub: AbstractAsyncContextManager[_Channels] = self._valkey.pubsub(ignore_subscribe_messages=True)
                async with pubsub as channels:
                    await self._join(channels)
                    await self._receive(channels)
            except LOST as error:
                self._lost(error)
            finally:
                self._channels = None
            await asyncio.sleep(RETRY_S)

    async def _join(self, channels: _Channels) -> None:
        async with self._order:
            await channels.subscribe(HOME, *(channel(run_id) for run_id in self._wanted))
            self._channels = channels
        if self._warned:
            LOG.info("valkey serves live events again")
        self._warned = False
        self._on_change()

    def _lost(self, error: Exception) -> None:
        VALKEY_ERRORS.add("subscribe")
        if not self._warned:
            LOG.warning("valkey does not serve live events, the log is polled: %s", type(error).__name__)
        self._warned = True
        self._channels = None
        self._on_change()

    async def _receive(self, channels: _Channels) -> None:
        while True:
            message = await channels.get_message(timeout=None)
            if message is not None and message["type"] == "message":
                name: bytes = message["channel"]
                self._on_frames(UUID(name.decode().removeprefix("run:")), unpack(message["data"]))

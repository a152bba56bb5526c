"""Follow runs live: Valkey says that something was appended, the log says what, and nothing is lost between the two."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Self
from uuid import UUID

from redis.asyncio import Redis

from netra.runs.frames import Frame
from netra.runs.live import Live
from netra.runs.log import QUERIES, read_frames
from netra.stores.database import Executor, Record
from netra.stores.postgres import FAILURES
from netra.stores.waiting import end, lasting, wait

LOG = logging.getLogger(__name__)
LIVE_POLL_S = 1.0
"""With Valkey: how long a message it lost may stay unseen."""
DOWN_POLL_S = 0.25
"""Without Valkey: how old what a reader sees may be."""
WAITING_FRAMES = 1000
"""Frames kept for a reader that is slow; beyond it they are read from the log again."""


class _Follower:
    """One reader of one run: how far it is, and what waits for it."""

    def __init__(self, run_id: UUID, seen: int) -> None:
        self.run_id = run_id
        self.seen = seen
        self.behind = True
        """The log may hold more than was handed over."""
        self.gone = False
        """There is nothing more to come."""
        self.waiting: deque[Frame] = deque()
        self.ready = asyncio.Event()

    def offer(self, frames: list[Frame]) -> None:
        """Take frames that arrived; too many of them are left to the log."""
        self.waiting.extend(frames)
        if len(self.waiting) > WAITING_FRAMES:
            self.waiting.clear()
            self.behind = True
        self.ready.set()

    def look(self) -> None:
        """Have the log read."""
        self.behind = True
        self.ready.set()

    def end(self) -> None:
        """Wait for nothing more."""
        self.gone = True
        self.ready.set()


class Feed:
    """Live events of any number of runs over one Valkey connection a process."""

    def __init__(self, database: Executor, valkey: Redis) -> None:
        """Read the log here, listen there; nothing happens before the block is entered."""
        self._database = database
        self._live = Live(valkey, on_frames=self._offer, on_change=self._look_again)
        self._followers: dict[UUID, set[_Follower]] = {}
        self._poll_now = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Start listening."""
        self._tasks = [
            asyncio.create_task(lasting("feed-listen", self._live.listen)),
            asyncio.create_task(lasting("feed-poll", self._poll_forever)),
        ]
        return self

    async def __aexit__(self, *failure: object) -> None:
        """Stop; followers that are left end."""
        await end(*self._tasks)
        for follower in self._everyone():
            follower.end()

    @property
    def live(self) -> bool:
        """Whether Valkey serves; without it readers are up to a quarter of a second late."""
        return self._live.up

    async def frames(self, run_id: UUID, after: int = 0) -> AsyncGenerator[Frame]:
        """The run's events after that seq, gapless and in order, until its terminal one."""
        follower = _Follower(run_id, after)
        group = self._followers.setdefault(run_id, set())
        group.add(follower)
        try:
            await self._live.want(run_id)
            while not follower.gone:
                for frame in self._in_order(follower, await self._batch(follower)):
                    yield frame
                if not (follower.behind or follower.waiting or follower.gone):
                    follower.ready.clear()
                    await follower.ready.wait()
        finally:
            group.discard(follower)

    def _in_order(self, follower: _Follower, batch: list[Frame]) -> list[Frame]:
        """What of the batch continues what was seen; a gap sends the follower to the log."""
        continuing: list[Frame] = []
        for frame in batch:
            if frame.seq > follower.seen + 1:
                follower.behind = True
                break
            if frame.seq == follower.seen + 1:
                follower.seen = frame.seq
                follower.gone = follower.gone or frame.terminal
                continuing.append(frame)
        return continuing

    async def _batch(self, follower: _Follower) -> list[Frame]:
        """What the log holds if it may hold more than was handed over, else what was handed over."""
        if not follower.behind:
            handed = list(follower.waiting)
            follower.waiting.clear()
            return handed
        follower.behind = False
        try:
            found = await read_frames(self._database, follower.run_id, follower.seen)
            if not found:
                _measure(follower, await self._database.fetch(QUERIES["positions"], [follower.run_id]))
        except FAILURES as error:
            LOG.warning("the log of run %s cannot be read yet: %s", follower.run_id, type(error).__name__)
            follower.behind = True
            await asyncio.sleep(DOWN_POLL_S)
            return []
        return found

    def _everyone(self) -> list[_Follower]:
        return [follower for group in self._followers.values() for follower in group]

    def _offer(self, run_id: UUID, frames: list[Frame]) -> None:
        for follower in self._followers.get(run_id, ()):
            follower.offer(frames)

    def _look_again(self) -> None:
        """What was published while nobody listened is in the log."""
        for follower in self._everyone():
            follower.look()
        self._poll_now.set()

    async def _poll_forever(self) -> None:
        while True:
            self._poll_now.clear()
            await wait(self._poll_now, LIVE_POLL_S if self.live else DOWN_POLL_S)
            self._followers = {run_id: group for run_id, group in self._followers.items() if group}
            await self._live.keep_only(self._followers.keys())
            # A failure is retried at the next turn; followers that read say it in the log.
            with suppress(*FAILURES):
                await self._poll()

    async def _poll(self) -> None:
        before = {follower: follower.seen for follower in self._everyone()}
        if not before:
            return
        rows = await self._database.fetch(QUERIES["positions"], list(self._followers))
        lengths: dict[UUID, int] = {row["id"]: row["last_seq"] for row in rows}
        for follower, seen in before.items():
            # Who moved meanwhile is being served; who did not, and is behind, missed something.
            if follower.seen == seen and lengths.get(follower.run_id, seen + 1) > seen:
                follower.look()


def _measure(follower: _Follower, rows: list[Record]) -> None:
    """End a follower whose run has nothing more; one that claims to have seen more than there is starts at the end."""
    if not rows or (rows[0]["ended"] and rows[0]["last_seq"] <= follower.seen):
        follower.end()
    else:
        follower.seen = min(follower.seen, rows[0]["last_seq"])

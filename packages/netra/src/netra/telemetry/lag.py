"""A watch over the event loop: how late it runs what is due, and what blocked it when it is late for long.

A thread asks the loop for a sign of life ten times a second. What the loop takes to give it is its lag; when the sign
stays out, the thread looks at where the loop's thread is and says so while it is still there.
"""

import asyncio
import logging
import sys
import threading
import time
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

from netra.telemetry.instruments import LOOP_BLOCKED, LOOP_LAG

LOG = logging.getLogger(__name__)
EVERY_S = 0.1
BLOCKED_S = 0.25
DEEPEST = 12
"""Frames of a stack that are logged, the innermost."""


@contextmanager
def watched() -> Generator[None]:
    """Watch the running loop for the length of the block."""
    watch = _Watch(asyncio.get_running_loop(), threading.get_ident())
    thread = threading.Thread(target=watch.run, name="loop watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        watch.stop.set()


class _Watch:
    def __init__(self, loop: asyncio.AbstractEventLoop, thread_id: int) -> None:
        self.stop = threading.Event()
        self._loop = loop
        self._thread_id = thread_id
        self._alive = threading.Event()

    def run(self) -> None:
        """Ask, wait for the sign, and ask again, until told to stop."""
        while not self.stop.wait(EVERY_S):
            self._alive.clear()
            asked = time.perf_counter()
            try:
                self._loop.call_soon_threadsafe(self._sign, asked)
            except RuntimeError:
                return  # The loop is closed.
            if not self._alive.wait(BLOCKED_S):
                self._blocked(asked)

    def _sign(self, asked: float) -> None:
        LOOP_LAG.observe(time.perf_counter() - asked)
        self._alive.set()

    def _blocked(self, asked: float) -> None:
        """Say where the loop is, and once it goes on for how long it was there."""
        frame = sys._current_frames().get(self._thread_id)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the one way to see it
        LOOP_BLOCKED.add()
        LOG.warning("the event loop is blocked", extra={"stack": _places(frame) if frame else []})
        while not self._alive.wait(EVERY_S):
            if self.stop.is_set():
                return
        blocked_ms = round((time.perf_counter() - asked) * 1000)
        LOG.warning("the event loop was blocked for %d ms", blocked_ms, extra={"ms": blocked_ms})


def _places(frame: FrameType) -> list[str]:
    """The innermost places of a stack, outermost first: code, never values, and not the steps of an import."""
    found = [place for place in traceback.extract_stack(frame) if not place.filename.startswith("<frozen")]
    return [f"{place.filename}:{place.lineno} {place.name}" for place in found[-DEEPEST:]]

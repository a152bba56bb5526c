"""Server-sent events: how a frame is written, and a stream that says it is alive."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

import orjson

from netra.runs.frames import Frame

OPENING = b"retry: 1000\n\n"
"""A browser that lost the stream asks again after a second, with the last id it saw."""
KEEP_ALIVE = b": alive\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""No cache, and no proxy that collects before it sends."""


def block(frame: Frame) -> bytes:
    """One event as it goes over the wire."""
    kind: str = orjson.loads(frame.json)["type"]
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (frame.seq, kind.encode(), frame.json)


async def paced(
    frames: AsyncGenerator[Frame], heartbeat_s: float, *ends: asyncio.Event
) -> AsyncGenerator[Frame | None]:
    """The frames, None whenever nothing came for `heartbeat_s`, until they or one of `ends` comes."""
    ended = [asyncio.create_task(end.wait()) for end in ends]
    async with aclosing(frames):
        coming = _next(frames)
        try:
            while True:
                done, _ = await asyncio.wait({coming, *ended}, timeout=heartbeat_s, return_when="FIRST_COMPLETED")
                if not done.isdisjoint(ended):
                    return
                if coming not in done:
                    yield None
                    continue
                frame = coming.result()
                if frame is None:
                    return
                yield frame
                coming = _next(frames)
        finally:
            for task in (*ended, coming):
                task.cancel()
            with suppress(asyncio.CancelledError):
                await coming


def _next(frames: AsyncGenerator[Frame]) -> "asyncio.Task[Frame | None]":
    async def advance() -> Frame | None:
        return await anext(frames, None)

    return asyncio.create_task(advance())

"""How long a cancelled run takes to end, wherever it is: in its thread's queue, in a model call, in a query."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import load
from records import Cancelled, Figure, Options, Place, latency
from servers import SUBJECTS, Served, served

TIMES = 20
SILENT: Mapping[str, Place] = {"llm": "model call", "clickhouse": "query"}
"""What is stopped, so that a run waits in it for longer than anybody cancels."""
LEFT_ALONE_S = 0.2
"""After the event before the wait, so that the wait has begun."""


@dataclass(kw_only=True)
class Asker:
    """One person who asks, cancels and sees what comes."""

    http: aiohttp.ClientSession
    socket: aiohttp.ClientWebSocketResponse
    question: str
    seconds: dict[Place, list[float]] = field(default_factory=dict[Place, list[float]])

    async def ask(self, thread_id: str | None = None) -> dict[str, Any]:
        """Have a run accepted; answers the frame that says so."""
        thread = {"thread_id": thread_id} if thread_id else {}
        await self.socket.send_str(json.dumps({"type": "user_message", "content": self.question, **thread}))
        return await self.until("message_accepted")

    async def until(self, kind: str, run_id: str = "") -> dict[str, Any]:
        """The next frame of this type (and run)."""
        while True:
            frame = json.loads(await self.socket.receive_str())
            if frame["type"] == kind and run_id in {"", frame.get("run_id")}:
                return frame

    async def cancel(self, run_id: str, place: Place) -> None:
        """Cancel a run, and note how long its end took to come."""
        began = time.perf_counter()
        async with self.http.post(f"/api/runs/{run_id}/cancel"):
            pass
        await self.until("run_cancelled", run_id)
        self.seconds.setdefault(place, []).append(time.perf_counter() - began)


async def cancelling(_options: Options, folder: Path) -> AsyncGenerator[Figure]:
    """Seconds from the request to cancel to the run's last event at its reader."""
    for silent, place in SILENT.items():
        subject = SUBJECTS["http" if silent == "llm" else "builtin"]
        async with served(subject, folder / f"cancel-{silent}") as netra:
            async for figure in _cancelled(netra, silent, place):
                yield figure


async def _cancelled(netra: Served, silent: str, place: Place) -> AsyncGenerator[Figure]:
    async with AsyncExitStack() as running:
        http = await running.enter_async_context(load.session(netra))
        socket = await load.opened(http, running)
        asker = Asker(http=http, socket=socket, question=netra.subject.question)
        await load.SocketClient(socket).ask(asker.question)
        running.enter_context(stopped(netra.pids[silent]))
        for _ in range(TIMES):
            await _once(asker, place)
    for where, seconds in asker.seconds.items():
        found = latency(seconds)
        yield Cancelled(place=where, runs=len(seconds), p50_ms=found.p50, max_ms=round(max(seconds) * 1000, 1))


async def _once(asker: Asker, place: Place) -> None:
    first = await asker.ask()
    await asker.until("agent_started" if place == "model call" else "tool_executing", first["run_id"])
    await asyncio.sleep(LEFT_ALONE_S)
    behind = await asker.ask(first["thread_id"])
    await asker.cancel(behind["run_id"], "queue")
    await asker.cancel(first["run_id"], place)


@contextmanager
def stopped(pid: int) -> Generator[None]:
    """A process that takes connections and does not answer."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)

"""The load client: some clients at once, each asking one run after the other, each run in a new thread."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp
from processes import CpuMeter
from records import Door, Load, latency
from servers import Served

RUN_S = 60.0
OURS = ("web", "worker")
WARM_UP = 2
"""Runs before the clock starts, as the peers' client does."""


class BrokenRunError(Exception):
    """A run that did not end as it should: it counts as an error, never as a result."""


@dataclass(kw_only=True)
class Timing:
    """Seconds after the message was sent, and what came."""

    began: float = field(default_factory=time.perf_counter)
    first: float = 0.0
    started: float = 0.0
    text: float = 0.0
    end: float = 0.0
    events: int = 0
    texts: int = 0

    def take(self, event: dict[str, Any]) -> None:
        """Note an event; raises when one is missing before it."""
        now = time.perf_counter() - self.began
        self.events += 1
        if event["seq"] != self.events:
            raise BrokenRunError(f"event {event['seq']} came as number {self.events}")
        self.first = self.first or now
        match event["type"]:
            case "agent_started":
                self.started = self.started or now
            case "answer_delta":
                self.text = self.text or now
                self.texts += 1
            case "agent_failed" | "run_cancelled":
                raise BrokenRunError(json.dumps(event["data"]))
            case "agent_completed" if event["data"]["final"]:
                self.end = now
            case _:
                pass

    @property
    def done(self) -> bool:
        """Whether the run has ended with an answer."""
        return bool(self.end and self.texts)


class Client(Protocol):
    """One person at one door."""

    async def ask(self, question: str) -> Timing:
        """Have one run executed, and read it to its end."""
        ...


class SocketClient:
    """Asks over one open WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Ask over this one."""
        self._socket = socket

    async def ask(self, question: str) -> Timing:
        """See `Client`."""
        timing = Timing()
        await self._socket.send_str(json.dumps({"type": "user_message", "content": question}))
        while not timing.done:
            frame = json.loads(await self._socket.receive_str())
            if frame["type"] == "error":
                raise BrokenRunError(frame["message"])
            if "seq" in frame:
                timing.take(frame)
        return timing


class StreamClient:
    """Posts over HTTP, then reads the run's server-sent events."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        """Ask through this session."""
        self._http = http

    async def ask(self, question: str) -> Timing:
        """See `Client`; the thread is made before the clock starts, as it is for the peers."""
        async with self._http.post("/api/threads") as answer:
            thread = (await answer.json())["thread_id"]
        timing = Timing()
        async with self._http.post(f"/api/threads/{thread}/messages", json={"content": question}) as answer:
            run = (await answer.json())["run_id"]
        async with self._http.get(f"/api/runs/{run}/events") as answer:
            async for line in answer.content:
                if line.startswith(b"data: "):
                    timing.take(json.loads(line[6:]))
        if not timing.done:
            raise BrokenRunError("the stream ended before the run")
        return timing


@asynccontextmanager
async def session(served: Served) -> AsyncGenerator[aiohttp.ClientSession]:
    """An HTTP session of the account."""
    async with aiohttp.ClientSession(
        served.address,
        headers={"Authorization": f"Bearer {served.token}"},
        connector=aiohttp.TCPConnector(limit=0),
        raise_for_status=True,
    ) as http:
        yield http


async def opened(http: aiohttp.ClientSession, running: AsyncExitStack) -> aiohttp.ClientWebSocketResponse:
    """An open socket whose `ready` frame has been read."""
    socket = await running.enter_async_context(http.ws_connect("/ws", max_msg_size=0))
    frame = json.loads(await socket.receive_str())
    if frame["type"] != "ready":
        raise BrokenRunError(f"the first frame is {frame['type']}")
    return socket


async def measure(served: Served, door: Door, clients: int, runs: int) -> Load:
    """Have `runs` runs executed by `clients` clients at once."""
    async with AsyncExitStack() as running:
        http = await running.enter_async_context(session(served))
        people: list[Client] = [
            SocketClient(await opened(http, running)) if door == "ws" else StreamClient(http) for _ in range(clients)
        ]
        for _ in range(WARM_UP):
            await people[0].ask(served.subject.question)
        meter = CpuMeter(served.pids)
        began = time.perf_counter()
        timings, errors = await _all(people, served.subject.question, runs)
        took = time.perf_counter() - began
        cpu = meter.ms_per(len(timings))
    return _load(served, (door, clients, took), timings, errors, cpu)


async def _all(people: list[Client], question: str, runs: int) -> tuple[list[Timing], int]:
    """Every run's timing; a run that broke is counted and said."""
    left = iter(range(runs))
    timings: list[Timing] = []
    broken: list[str] = []

    async def work(person: Client) -> None:
        for _ in left:
            try:
                async with asyncio.timeout(RUN_S):
                    timings.append(await person.ask(question))
            except (BrokenRunError, TimeoutError) as error:
                broken.append(repr(error))

    await asyncio.gather(*(work(person) for person in people))
    if not timings:
        raise SystemExit(f"not one of {runs} runs succeeded: {broken[:2]}")
    return timings, len(broken)


def _load(
    served: Served, how: tuple[Door, int, float], timings: list[Timing], errors: int, cpu: dict[str, float]
) -> Load:
    door, clients, took = how
    count = len(timings)
    return Load(
        subject=served.subject.name,
        durable=True,
        door=door,
        clients=clients,
        runs=count,
        errors=errors,
        runs_per_s=round(count / took, 1),
        first_event_ms=latency([timing.first for timing in timings]),
        started_ms=latency([timing.started for timing in timings]),
        first_text_ms=latency([timing.text for timing in timings]),
        run_ms=latency([timing.end for timing in timings]),
        events_per_run=round(sum(timing.events for timing in timings) / count, 1),
        text_events_per_run=round(sum(timing.texts for timing in timings) / count, 1),
        cpu_ms_per_run={"server": round(sum(ms for name, ms in cpu.items() if name.startswith(OURS)), 1), **cpu},
    )

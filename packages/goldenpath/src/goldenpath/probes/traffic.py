"""Small requests at a steady rate through a front door, each timed: what a revision does under traffic."""

import asyncio
import hashlib
import time
from collections.abc import Mapping

import httpx

from goldenpath.facts import Record
from goldenpath.manifest.model import System
from goldenpath.probes.access import log_in
from goldenpath.probes.health import cause_name
from goldenpath.probes.phase import milliseconds
from goldenpath.probes.record import Recorder

BOUND_S = 5.0
"""One request; what takes longer has failed for whoever waits."""
TOO_MANY = 429
"""Told to come later: neither served nor failed."""
YARDSTICK = bytes(1 << 18)
"""A fixed piece of work: how long it takes says how busy the machine itself is."""


class Sample(Record):
    """One request and what became of it."""

    path: str
    ms: float
    error: str = ""
    """Empty when it was served: else `HTTP 500`, `timeout`, `ECONNREFUSED` and so on."""


class Samples(Record):
    """What one stretch of traffic showed."""

    requests: tuple[Sample, ...] = ()
    yardstick_ms: tuple[float, ...] = ()


class Way(Record):
    """Where the requests go, how many a second, and for how long."""

    url: str
    rate: float
    seconds: float
    failures: int
    """More than so many failed requests are enough: no more are sent."""


def paths_of(system: System) -> dict[str, bool]:
    """What a person without a right to anything may ask for, and with a token what `[access]` names (true)."""
    doors = system.doors
    known = {path: False for path in (doors.ready, doors.version) if path}
    login = system.journeys[system.access.journey].login if system.access else None
    return known | ({system.access.path: True} if system.access and login else {})


async def send(recorder: Recorder, system: System, way: Way, stop: asyncio.Event) -> Samples:
    """Send requests until the time is over, too many have failed or somebody says stop; then too many say it, too."""
    # A connection for each: on a kept one a server that writes head and body apart answers after 2 ms or after 44, by
    # which request happened to come before (Nagle's algorithm and delayed ACK), and that would pass for the revision's.
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=way.url, timeout=BOUND_S, trust_env=False, limits=limits) as http:
        token = await _token(recorder, system, http)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        asked = {path: headers if secured else {} for path, secured in paths_of(system).items() if token or not secured}
        return await _Sender(http, asked).send(way, stop)


class _Sender:
    """Begins requests on time, whether or not earlier ones have ended."""

    def __init__(self, http: httpx.AsyncClient, asked: Mapping[str, dict[str, str]]) -> None:
        self._http = http
        self._asked = asked
        self._done: list[Sample] = []
        self._failed = 0
        self._yardstick: list[float] = []

    async def send(self, way: Way, stop: asyncio.Event) -> Samples:
        begun, number = time.monotonic(), 0
        paths = tuple(self._asked)
        async with asyncio.TaskGroup() as running:
            while (due := number / way.rate) < way.seconds and not stop.is_set():
                await asyncio.sleep(max(0.0, begun + due - time.monotonic()))
                running.create_task(self._ask(paths[number % len(paths)]))
                number += 1
                if number % len(paths) == 0:
                    self._yardstick.append(_yardstick())
                if self._failed > way.failures:
                    stop.set()
        return Samples(requests=tuple(self._done), yardstick_ms=tuple(self._yardstick))

    async def _ask(self, path: str) -> None:
        begun, error = time.perf_counter(), ""
        try:
            answer = await self._http.get(path, headers=self._asked[path])
        except httpx.HTTPError as failure:
            error = cause_name(failure)
        else:
            if answer.status_code == TOO_MANY:
                return
            error = "" if answer.is_success else f"HTTP {answer.status_code}"
        self._failed += bool(error)
        self._done.append(Sample(path=path, ms=milliseconds(time.perf_counter() - begun), error=error))


def _yardstick() -> float:
    begun = time.perf_counter()
    hashlib.sha256(YARDSTICK).digest()
    return milliseconds(time.perf_counter() - begun)


async def _token(recorder: Recorder, system: System, http: httpx.AsyncClient) -> str:
    """The token of a synthetic person; empty when there is none to be had, which the journeys say more of."""
    login = system.journeys[system.access.journey].login if system.access else None
    return await log_in(http, recorder, login, "") if login else ""

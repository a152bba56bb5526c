"""What one load does not show: more workers, the log alone, steady load, active runs, take-over, cancelling."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import load
from cancelling import cancelling
from processes import cpu_s, pss_mib
from records import Active, Figure, LogSpeed, Options, Scaling, Steady, TakeOver
from servers import EMAIL, HERE, PAUSE_S, SCRIPTED, SUBJECTS, Served, Subject, account, served

from netra.auth.principal import Principal
from netra.events.union import AgentStartedData, AnswerDeltaData
from netra.runs.accept import Terms, accept
from netra.runs.frames import Said
from netra.runs.leases import Leases
from netra.runs.log import EventLog
from netra.runs.publisher import Publisher
from netra.settings.contract import load as load_settings
from netra.stores import postgres, valkey
from netra.stores.database import Pool

SLOTS = 8
SLOW_S = 0.04
"""Before each of fifty pieces: a run takes two seconds, nearly all of them waiting for the model."""
WAITING = 4
"""Clients for each slot of two workers, in runs."""
LOGS = 16
LOG_S = 3.0
WARM = 1 / 3
"""Part of a steady load that does not count: caches fill, pools grow."""
SAMPLES = 20
SHIFT_S = 600.0
"""How long one person asks; a token lasts 900 s, and the largest plan allows 10,000 messages an hour."""
ACTIVE = 128
MS = 1000
HOUR_S = 3600.0
KIB = 1024
Extra = Callable[[Options, Path], AsyncGenerator[Figure]]


def slow(workers: int, slots: int, pause_s: float) -> Subject:
    """Workers whose model is slow."""
    name = f"netra, {workers} worker(s) of {slots} slots, {pause_s * MS:.0f} ms between pieces"
    worker = (*SCRIPTED, str(pause_s), str(slots))
    return replace(SUBJECTS["paced"], name=name, worker=worker, workers=workers)


async def scaling(_options: Options, folder: Path) -> AsyncGenerator[Figure]:
    """Runs a second with one and with two workers, when there are always more runs than slots."""
    rates: dict[int, float] = {}
    cores: dict[int, float] = {}
    for workers in (1, 2):
        async with served(slow(workers, SLOTS, SLOW_S), folder / f"workers-{workers}") as netra:
            measured = await load.measure(netra, "ws", 2 * SLOTS * 2, WAITING * SLOTS * workers)
        yield measured
        rates[workers] = measured.runs_per_s
        cpu = sum(ms for name, ms in measured.cpu_ms_per_run.items() if name != "server")
        cores[workers] = round(measured.runs_per_s * cpu / MS, 2)
    yield Scaling(slots=SLOTS, runs_per_s=rates, cores_used=cores, factor=round(rates[2] / rates[1], 2))


async def log_speed(_options: Options, folder: Path) -> AsyncGenerator[Figure]:
    """Events a second that sixteen runs can write, each append a commit, by how many events it holds."""
    async with served(SUBJECTS["scripted"], folder / "log") as netra:
        settings = load_settings(netra.environ)
        client = valkey.open_client(settings.redis)
        async with postgres.pool(settings.postgres, max_size=LOGS) as pool, Publisher(client) as publisher:
            log = EventLog(pool, publisher)
            # Held for longer than the measurement: no worker takes them.
            leases = Leases(pool, owner="benchmark", revision="log", lease_s=HOUR_S)
            person = await _person(pool)
            terms = Terms(revision="log", deadline_s=HOUR_S)
            for _ in range(LOGS):
                await accept(pool, person, None, "events", terms)
            runs = [claim.run_id for claim in await leases.claim(LOGS)]
            for run in runs:
                await log.append(run, 1, [Said("a", AgentStartedData(task="t"))])
            for events in (1, 10):
                yield await _written(log, runs, events, netra)
        await client.aclose()


async def _person(pool: Pool) -> Principal:
    row = await pool.fetchrow("select id, tenant_id from users where email = $1", EMAIL)
    if row is None:
        raise SystemExit("the account of the benchmark is not there")
    return Principal(user_id=row["id"], tenant_id=row["tenant_id"], email=EMAIL)


async def _written(log: EventLog, runs: list[UUID], events: int, netra: Served) -> LogSpeed:
    batch = [Said("a", AnswerDeltaData(text=f"word {number} and some more of a sentence ")) for number in range(events)]
    own, database = time.process_time(), cpu_s(netra.pids["postgres"])
    began = time.perf_counter()
    appends = count()

    async def write(run: UUID) -> None:
        while time.perf_counter() - began < LOG_S:
            await log.append(run, 1, batch)
            next(appends)

    await asyncio.gather(*(write(run) for run in runs))
    took = time.perf_counter() - began
    written = next(appends) * events
    return LogSpeed(
        runs=len(runs),
        events_per_append=events,
        events_per_s=round(written / took),
        cpu_ms_per_event={
            "writer": round((time.process_time() - own) * MS / written, 3),
            "postgres": round((cpu_s(netra.pids["postgres"]) - database) * MS / written, 3),
        },
    )


async def steady(options: Options, folder: Path) -> AsyncGenerator[Figure]:
    """The same load for a while: by how much the processes grow."""
    async with served(slow(1, SLOTS * 2, PAUSE_S), folder / "steady") as netra:
        samples: list[tuple[float, dict[str, float]]] = []
        loading = asyncio.create_task(_loaded(netra, options.steady))
        began = time.perf_counter()
        for number in range(SAMPLES):
            await asyncio.sleep(max(0.0, options.steady * (number + 1) / SAMPLES - (time.perf_counter() - began)))
            pss = {name: pss_mib(netra.pids[name]) for name in ("web", "worker", "postgres")}
            samples.append((time.perf_counter() - began, pss))
        runs = await loading
    warm = [(at, pss) for at, pss in samples if at >= options.steady * WARM]
    yield Steady(
        seconds=options.steady,
        runs=runs,
        first_mib=warm[0][1],
        last_mib=warm[-1][1],
        mib_per_h={name: slope([(at, pss[name]) for at, pss in warm]) for name in warm[0][1]},
    )


async def _loaded(netra: Served, seconds: float) -> int:
    """Have as many clients as slots ask for so long."""
    runs = 0
    until = time.perf_counter() + seconds
    while (left := until - time.perf_counter()) > 0:
        # Others take over, for a socket ends with the token that opened it, and a plan has an hour's limit.
        token = await account(netra.address, netra.environ, f"person-{runs}@example.com")
        runs += await _loaded_once(replace(netra, token=token), min(left, SHIFT_S))
    return runs


async def _loaded_once(netra: Served, seconds: float) -> int:
    runs = count()
    until = time.perf_counter() + seconds
    async with AsyncExitStack() as running:
        http = await running.enter_async_context(load.session(netra))
        people = [load.SocketClient(await load.opened(http, running)) for _ in range(SLOTS * 2)]

        async def ask(person: load.SocketClient) -> None:
            while time.perf_counter() < until:
                await person.ask(netra.subject.question)
                next(runs)

        await asyncio.gather(*(ask(person) for person in people))
    return next(runs)


def slope(points: list[tuple[float, float]]) -> float:
    """MiB an hour, by least squares."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return round(sum((x - mean_x) * (y - mean_y) for x, y in points) / spread * HOUR_S, 1) if spread else 0.0


async def active(_options: Options, folder: Path) -> AsyncGenerator[Figure]:
    """What a run costs in memory while it is executed and followed; the first load warms everything up."""
    async with served(slow(1, ACTIVE, SLOW_S * 2), folder / "active") as netra:
        await load.measure(netra, "ws", ACTIVE, ACTIVE)
        before = _memory(netra)
        loading = asyncio.create_task(load.measure(netra, "ws", ACTIVE, ACTIVE))
        most = before
        while not loading.done():
            await asyncio.sleep(1)
            now = _memory(netra)
            most = {name: max(most[name], now[name]) for name in now}
        await loading
    grown = {name: round((most[name] - before[name]) * KIB / ACTIVE, 1) for name in before}
    yield Active(runs=ACTIVE, kib_per_run=grown)


def _memory(netra: Served) -> dict[str, float]:
    return {name: pss_mib(netra.pids[name]) for name in ("web", "worker")}


async def take_over(_options: Options, folder: Path) -> AsyncGenerator[Figure]:
    """From the kill of the worker that holds a run to the run's next event: the stress program, with this cut alone."""
    cut = ("--kinds", "worker killed", "--rounds", "5", "--cuts", "1", "--clients", "8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(HERE / "chaos.py"), *cut, stdout=asyncio.subprocess.PIPE, cwd=str(folder)
    )
    said, _ = await process.communicate()
    result: dict[str, Any] = json.loads(said)
    yield TakeOver(passed=result["passed"], runs=result["runs"], **_seconds(result["take_over_s"]))


def _seconds(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"count": found["count"], "median_s": found["median"], "max_s": found["max"]}


EXTRAS: Mapping[str, Extra] = {
    "workers": scaling,
    "log": log_speed,
    "steady": steady,
    "active": active,
    "take-over": take_over,
    "cancel": cancelling,
}
"""By the name that `--subjects` takes."""

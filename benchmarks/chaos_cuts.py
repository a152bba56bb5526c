"""What `chaos.py` does to processes: kill, freeze and end them, and bring them back."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from chaos_cluster import Cluster, kill

from netra.settings.model import PostgresSettings
from netra.stores import postgres
from netra.stores.failures import StoreError

LANDED_S = 0.2
"""After a kill: what was on its way to the database has landed, and no lease has run out yet."""
AWAY_S = 3.0
"""A killed process stays away for at most so long."""
FROZEN_S = 5.0
"""Longer than a lease."""
CALM_S = 1.0
BOTH = 0.2
"""How often something else is cut before the first is back."""


class Held(NamedTuple):
    """A run whose worker was killed."""

    run_id: str
    killed_at: float
    last_seq: int
    """The last event that worker wrote."""


class Down(NamedTuple):
    """When something was cut, and until when it was away."""

    kind: str
    began: float
    ended: float


@dataclass(kw_only=True)
class Cutter:
    """Cuts processes of a cluster, one kind after the other in random order."""

    cluster: Cluster
    settings: PostgresSettings
    rng: random.Random
    cuts: Counter[str]
    held: list[Held] = field(default_factory=list[Held])
    downs: list[Down] = field(default_factory=list[Down])
    rounds: int = 0
    """How often each kind has been cut."""

    def kinds(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """Every kind of cut."""
        databases = {f"{name} killed": self._database(name) for name in ("valkey", "clickhouse", "postgres")}
        return {
            "worker killed": self._kill_worker,
            "worker frozen": self._freeze_worker,
            "worker ended": self._end_worker,
            "web killed": self._kill_web,
            "web ended": self._end_web,
            **databases,
        }

    async def run(self, kinds: list[str], stop: asyncio.Event) -> None:
        """Each kind once in each round, in another order each time, until told to stop."""
        known = self.kinds()
        while not stop.is_set():
            for kind in self.rng.sample(kinds, len(kinds)):
                if stop.is_set():
                    return
                other = self.rng.choice([name for name in kinds if name.split()[0] != kind.split()[0]] or [kind])
                both = {kind, other} if self.rng.random() < BOTH else {kind}
                await asyncio.gather(*(self._cut(name, known[name]) for name in both))
                await asyncio.sleep(self.rng.uniform(0, CALM_S))
            self.rounds += 1

    async def _cut(self, kind: str, cut: Callable[[], Awaitable[None]]) -> None:
        began = time.time()
        self.cuts[kind] += 1
        await cut()
        self.downs.append(Down(kind, began, time.time()))

    async def _kill_worker(self) -> None:
        number = self.rng.choice(list(self.cluster.workers))
        child = self.cluster.workers[number]
        kill(child)
        killed_at = time.time()
        await child.finished()
        await asyncio.sleep(LANDED_S)
        await self._note_held(child.pid, killed_at)
        await asyncio.sleep(self.rng.uniform(0, AWAY_S))
        await self.cluster.start_worker(number)

    async def _note_held(self, pid: int, killed_at: float) -> None:
        """Which runs it had; when PostgreSQL is cut at this moment too, there is no figure for them."""
        query = """select r.id::text as run_id, r.last_seq from runs r join workers w on w.id = r.lease_owner
                   where w.pid = $1 and r.status = 'running' and r.cancel_requested_at is null"""
        try:
            async with postgres.pool(self.settings, max_size=1) as pool:
                rows = await pool.fetch(query, pid)
        except (StoreError, *postgres.FAILURES):
            return
        self.held += [Held(row["run_id"], killed_at, row["last_seq"]) for row in rows]

    async def _freeze_worker(self) -> None:
        child = self.cluster.workers[self.rng.choice(list(self.cluster.workers))]
        child.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(self.rng.uniform(0.5, FROZEN_S))
        child.process.send_signal(signal.SIGCONT)

    async def _end_worker(self) -> None:
        number = self.rng.choice(list(self.cluster.workers))
        await self.cluster.workers[number].stop()
        await self.cluster.start_worker(number)

    async def _kill_web(self) -> None:
        port = self.rng.choice(list(self.cluster.webs))
        kill(self.cluster.webs[port])
        await self.cluster.webs[port].finished()
        await asyncio.sleep(self.rng.uniform(0, AWAY_S))
        await self.cluster.start_web(port)

    async def _end_web(self) -> None:
        port = self.rng.choice(list(self.cluster.webs))
        await self.cluster.webs[port].stop()
        await self.cluster.start_web(port)

    def _database(self, name: str) -> Callable[[], Awaitable[None]]:
        return lambda: self.cluster.restart_server(name)

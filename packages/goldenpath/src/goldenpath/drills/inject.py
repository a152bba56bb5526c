"""Injectors: what each injection really does to the local environment."""

import asyncio
import signal
from contextlib import AsyncExitStack
from typing import assert_never

from goldenpath.deploy.target import Target
from goldenpath.drills.model import Ask, ChangeVariable, Freeze, Injection, Kill, SlowHop, UnsetVariable
from goldenpath.drills.slow_hop import DelayedHop
from goldenpath.errors import ManifestError, StateError
from goldenpath.facts import Observation
from goldenpath.loop.scene import Scene

Changes = dict[str, str | None]


class Injector:
    """Injects one drill's faults; leaving its stack takes back what outlives the drill."""

    def __init__(self, scene: Scene, stack: AsyncExitStack) -> None:
        """Act on this scene; helpers such as a slow hop live until the stack is left."""
        self._scene = scene
        self._target: Target = scene.target
        self._stack = stack
        self.asked: asyncio.Task[tuple[Observation, ...]] | None = None

    async def inject(self, injections: tuple[Injection, ...]) -> Changes:
        """Do every injection; returns the changes of the revision that the loop shall deploy."""
        changes: Changes = {}
        for injection in injections:
            changes |= await self._one(injection)
        return changes

    async def _one(self, injection: Injection) -> Changes:
        match injection:
            case UnsetVariable():
                return {injection.variable: None}
            case ChangeVariable():
                good = self._good().get(injection.variable, "")
                return {injection.variable: injection.value or f"{injection.prefix}{good}{injection.suffix}"}
            case SlowHop():
                return await self._slow_hop(injection)
            case Freeze():
                await self._signal(injection.component, signal.SIGSTOP)
                return {}
            case Kill():
                await self._signal(injection.component, signal.SIGKILL)
                return {}
            case Ask():
                self._ask(injection.journey)
                return {}
            case _:
                assert_never(injection)

    async def _slow_hop(self, injection: SlowHop) -> Changes:
        address = self._scene.system.components[injection.component].address
        if address is None or not address.port:
            raise ManifestError("has no port variable to lead through a hop", where=injection.component)
        good = self._good()
        hop = DelayedHop(good[address.host], int(good[address.port]), injection.delay_s)
        await self._stack.enter_async_context(hop)
        return {address.host: "127.0.0.1", address.port: str(hop.port)}

    async def _signal(self, component: str, number: signal.Signals) -> None:
        found = [p for p in await self._target.processes() if p.component == component and p.pid]
        if not found:
            raise StateError("no process of it runs", where=component)
        for process in found:
            await self._target.signal(component, process.pid or 0, number)

    def _ask(self, journey: str) -> None:
        live = self._target.live()
        if live is None:
            raise StateError("nothing is live, so nobody can ask", where=journey)
        self.asked = asyncio.create_task(self._scene.journeys(live.name, only=f"journey:{journey}"))

    def _good(self) -> dict[str, str]:
        good = self._target.last_good()
        if good is None:
            raise StateError("there is no good revision to compare with", where="drill")
        return self._target.environ(good.name)

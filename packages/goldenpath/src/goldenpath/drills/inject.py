"""Injects one drill's faults, each by the hand for its kind, and takes back what outlives the drill."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import assert_never

from goldenpath.deploy.target import Code
from goldenpath.drills import control_groups, disks, processes, programs, statements
from goldenpath.drills.control_groups import LimitGroup
from goldenpath.drills.hop import Hop
from goldenpath.drills.hop_modes import Pass
from goldenpath.drills.hops import Changes, LiveHops, address_in, changes_to
from goldenpath.drills.inject_code import ChangeCode, changed, copied
from goldenpath.drills.injections import (
    Act,
    Ask,
    BreakDisk,
    ChangeVariable,
    FillDisk,
    HopBetween,
    Injection,
    LimitProcess,
    Redeploy,
    RestartComponent,
    RunProgram,
    Sessions,
    Signal,
    Statements,
    UnsetVariable,
    Wait,
)
from goldenpath.drills.net.faults import (
    ChangeName,
    ChangeResolvers,
    ChangeRoute,
    CutLink,
    FilterPackets,
    LimitConnections,
    NetworkFault,
)
from goldenpath.drills.net.inject import change
from goldenpath.drills.net.site import files_of
from goldenpath.drills.ports import filled
from goldenpath.errors import StateError
from goldenpath.facts import Observation
from goldenpath.loop.scene import Scene, together


class Injector:
    """Acts on one scene; leaving its stack takes everything back."""

    def __init__(self, scene: Scene, stack: AsyncExitStack, hops: LiveHops) -> None:
        """Helpers such as a hop live until the stack is left."""
        self._scene = scene
        self._stack = stack
        self._hops = hops
        self.code: Code | None = None
        """The code of the revision that the loop shall deploy; None for the project's."""
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
                return {injection.variable: self._changed(injection)}
            case ChangeCode():
                self._code(injection)
                return {}
            case HopBetween():
                return await self._hop(injection)
            case RunProgram():
                return await self._program(injection)
            case FilterPackets() | LimitConnections() | ChangeRoute() | CutLink() | ChangeResolvers() | ChangeName():
                await self._network(injection)
                return {}
            case _:
                await self._act(injection)
                return {}

    async def _act(self, injection: Act) -> None:
        match injection:
            case Redeploy():
                return
            case Signal():
                await processes.send(self._scene.target, injection, self._stack)
            case RestartComponent() if injection.after:
                self._stack.push_async_callback(self._scene.target.restart, injection.component)
            case RestartComponent():
                await self._scene.target.restart(injection.component)
            case LimitProcess():
                await processes.limit(self._scene.target, injection, self._stack)
            case LimitGroup():
                pids = await processes.families(self._scene.target, injection.component)
                control_groups.limit(injection, pids, self._stack)
            case FillDisk():
                await disks.fill(self._scene.system, self._scene.target, injection, self._stack)
            case BreakDisk():
                await disks.break_down(self._scene.system, self._scene.target, injection, self._stack)
            case Statements():
                await statements.run(self._scene.system, injection, self._good(), self._stack)
            case Sessions():
                await statements.hold(self._scene.system, injection, self._good(), self._stack)
            case Ask():
                await self._ask(injection)
            case Wait():
                await asyncio.sleep(injection.seconds)
            case _:
                assert_never(injection)

    def _changed(self, injection: ChangeVariable) -> str:
        good = self._good()
        if injection.value is not None:
            return filled(injection.value, self._scene.system, good)
        return f"{injection.prefix}{good.get(injection.variable, '')}{injection.suffix}"

    async def _hop(self, injection: HopBetween) -> Changes:
        system, good = self._scene.system, self._good()
        if injection.live:
            hop = self._hops[injection.component]
            await hop.become(injection.mode)
            self._stack.push_async_callback(hop.become, Pass())
        else:
            hop = Hop(*address_in(system, injection.component, good), injection.mode)
            await self._stack.enter_async_context(hop)
        if injection.for_s is not None:
            recovery = asyncio.create_task(_recover(hop, injection.for_s))
            self._stack.callback(recovery.cancel)
        return {} if injection.live else changes_to(system, injection.component, good, hop.port)

    def _code(self, injection: ChangeCode) -> None:
        """Every change of a drill goes into the same copy."""
        if self.code is None:
            folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
            good = self._scene.target.last_good()
            copied(self._scene.target.artefact(good.name) if good else None, folder)
            self.code = Code(folder=str(folder))
        changed(injection, Path(self.code.folder))

    async def _network(self, fault: NetworkFault) -> None:
        files = files_of(self._scene.project)
        await change(self._scene.system, files, fault, self._good(), self._stack)

    async def _program(self, injection: RunProgram) -> Changes:
        port, changes = await programs.run(injection, self._good(), self._scene.project, self._stack)
        if injection.behind:
            hop = self._hops[injection.behind]
            await hop.become(Pass(), upstream=("127.0.0.1", port))
            self._stack.push_async_callback(hop.become, Pass())
        return {**changes}

    async def _ask(self, injection: Ask) -> None:
        live = self._scene.target.live()
        if live is None:
            raise StateError("nothing is live, so nobody can ask", where=injection.journey)
        name, subject = live.name, f"journey:{injection.journey}"
        people = [self._scene.journeys(name, only=subject) for _ in range(injection.people)]
        task = asyncio.create_task(together(people))
        self._stack.callback(task.cancel)
        if injection.wait:
            await task
        else:
            self.asked = task

    def _good(self) -> dict[str, str]:
        good = self._scene.target.last_good()
        if good is None:
            raise StateError("there is no good revision to compare with", where="drill")
        return self._scene.target.environ(good.name)


async def _recover(hop: Hop, after_s: float) -> None:
    await asyncio.sleep(after_s)
    await hop.become(Pass())

"""The target `local`: revisions as processes of this machine, kept by one supervisor an environment."""

import asyncio
import logging
import shutil
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from goldenpath.deploy.local.client import ask, clear_away, launch, stands, until_gone, was_killed
from goldenpath.deploy.local.commands import run_command
from goldenpath.deploy.local.front import Backend, Front
from goldenpath.deploy.local.ports import LOOPBACK, choose, is_free
from goldenpath.deploy.local.site import writing
from goldenpath.deploy.local.starting import Group, start, wait_ready
from goldenpath.deploy.local.values import (
    choose_again,
    environment_ports,
    fill_variables,
    fingerprint_of,
    names_of,
)
from goldenpath.deploy.local.view import LocalView
from goldenpath.deploy.local.wire import ChildInfo, Down, Forward, Restart, Send, Status, Stop
from goldenpath.deploy.target import Artefact, Code, CommandResult, Revision, RevisionState, StartResult
from goldenpath.errors import DeployError, StateError
from goldenpath.manifest.fill import fill
from goldenpath.manifest.model import System
from goldenpath.manifest.names import Command

LOG = logging.getLogger(__name__)
DRAIN_S = 5.0
"""What connections to a revision that lost the traffic may still take."""


class LocalTarget(LocalView):
    """One environment of one system, deployed on this machine."""

    def __init__(self, system: System, project: Path, environment: str, *, drain_s: float = DRAIN_S) -> None:
        """Connections to a revision that lost the traffic may take `drain_s` seconds more."""
        super().__init__(system, project, environment)
        self._drain_s = drain_s

    async def ensure(self) -> dict[str, float]:
        """Bring up supervisor and shared components; what is up stays as it is. Raises DeployError.

        After the supervisor was killed, the revision that was live is started again, too.
        """
        async with writing(self._site):
            revived = await self._supervised()
            ready_ms = await self._shared()
            live = self._revisions.pointed("live")
            if revived and live:
                ready_ms |= await self._revive(live)
        return ready_ms

    async def prepare(
        self, changes: Mapping[str, str | None], *, based_on: str = "", code: Code | None = None
    ) -> Revision:
        """Write a new revision down: the manifest's variables, or those of `based_on`, with changes (None removes).

        Values are taken as they are, without placeholders. It carries `code`; without it the code of `based_on`, or of
        the project as it is now.
        """
        async with writing(self._site):
            kept = self.artefact(based_on) if based_on and code is None else None
            artefact = kept or await asyncio.to_thread(self._artefacts.take, code or Code())
            name = self._revisions.create(changes, based_on, artefact).name
        return await self._fingerprinted(name)

    async def with_files(self, name: str, files: tuple[str, ...], source: str) -> Artefact:
        """A copy of a revision's code in which these files are those of another revision; StateError without code."""
        base, other = self.artefact(name), self.artefact(source)
        if base is None or other is None:
            raise StateError("it carries no code", where=name, hint="declare [artefact] in the manifest")
        async with writing(self._site):
            return await asyncio.to_thread(self._artefacts.mixed, base, files, other)

    async def code(self, code: Code) -> Artefact | None:
        """A copy of this code, as a revision would carry it; None when the manifest declares none."""
        async with writing(self._site):
            return await asyncio.to_thread(self._artefacts.take, code)

    async def with_contents(self, files: Mapping[str, bytes]) -> Artefact:
        """Code given as contents by path."""
        async with writing(self._site):
            return await asyncio.to_thread(self._artefacts.of, files)

    async def start(self, name: str) -> StartResult:
        """Start a candidate: its own processes and ports, no traffic."""
        self._revisions.read(name)
        await ask(self._layout, Stop(revision=name))
        async with writing(self._site):
            changed = self._revisions.fill(name)
        if changed:
            await self._fingerprinted(name)
        self._revisions.update(name, state="candidate", reason="")
        return await start(self._site, self._group(name))

    async def promote(self, name: str) -> str:
        """Give the traffic to a started revision; the previous one drains and stops. Returns the previous, or empty."""
        await self._must_serve(name)
        previous = self._revisions.pointed("live")
        await self._forward(name)
        self._revisions.point("live", name)
        self._revisions.update(name, state="live", reason="")
        if previous is None or previous.name == name:
            return ""
        self._revisions.update(previous.name, state="retired", reason=f"{name} has the traffic")
        return previous.name

    @asynccontextmanager
    async def rehearsal(self, name: str) -> AsyncGenerator[str]:
        """A front door of its own to a candidate, built as the people's; gives its base address."""
        host, port = self._address(name)
        front, own = Front(), choose(())
        await front.lead(own, Backend(revision=name, host=host, port=port))
        try:
            yield f"http://{LOOPBACK}:{own}"
        finally:
            await front.close()

    async def withdraw(self, name: str, reason: str) -> None:
        """Stop a candidate; StateError for the live revision, which is rolled back instead."""
        if self._revisions.read(name).state == "live":
            raise StateError("it has the traffic", where=name, hint="roll back, or deploy another revision")
        if stands(self._layout):
            await ask(self._layout, Stop(revision=name))
        self._revisions.update(name, state="withdrawn", reason=reason)

    async def roll_back(self, reason: str) -> Revision:
        """Give the traffic back to the last good revision, started again if need be. Raises DeployError."""
        good = self._revisions.pointed("last_good")
        if good is None:
            raise StateError("no revision was ever proven good", where=self._site.environment, hint="deploy one")
        if not await self._serves(good.name):
            started = await self.start(good.name)
            if not started.ready:
                raise DeployError(f"{good.name}: {started.statement}", where=started.component)
        left = await self.promote(good.name)
        if left:
            self._revisions.update(left, state="withdrawn", reason=reason)
        return self._revisions.read(good.name)

    def mark_good(self, name: str) -> None:
        """Record that this revision was proven."""
        self._revisions.point("last_good", self._revisions.read(name).name)

    async def restart(self, component: str, *, revision: str = "") -> StartResult:
        """Stop and start one component; of the candidate if there is one, else of the live revision."""
        declared = self._component(component)
        chosen = "" if declared.lifetime == "environment" else revision or await self._newest(component)
        whole = self._group(chosen)
        began = time.perf_counter()
        await ask(self._layout, Restart(revision=chosen, component=component))
        return await wait_ready(self._site, whole.only([component]), began)

    async def signal(self, component: str, pid: int, signal_number: int) -> None:
        """Send a signal to a process of a component; to its first process means to all of its processes."""
        await ask(self._layout, Send(component=component, pid=pid, number=signal_number))

    async def run(self, command: Command, revision: str) -> CommandResult:
        """Run an operator command in a revision's environment; its placeholders are filled in."""
        group = self._group(revision)
        words = tuple(fill(word, group.names) for word in command)
        return await run_command(self._site, words, group.carried | group.environ)

    async def down(self) -> None:
        """Stop everything; the data, revisions and the last good one stay."""
        if not self._layout.root.exists():
            return
        async with writing(self._site):
            if stands(self._layout):
                await ask(self._layout, Down())
                await until_gone(self._layout)
            else:
                await clear_away(self._layout)
        self._end_revisions("live", "retired", "everything was stopped")
        self._end_revisions("candidate", "withdrawn", "everything was stopped")
        self._revisions.point("live", "")

    async def purge(self) -> None:
        """Stop everything and delete all of it: data, revisions, secrets and logs."""
        await self.down()
        if not self._layout.root.exists():
            return
        try:
            shutil.rmtree(self._layout.root)
        except OSError as error:
            said = f"not all of it could be deleted: {error.filename}: {error.strerror}"
            hint = "something may have been started meanwhile: end that, then `goldenpath down --purge` again"
            raise StateError(said, where=self._site.environment, hint=hint) from error

    async def _supervised(self) -> bool:
        """Start the supervisor if there is none; whether it had been killed."""
        if stands(self._layout):
            return False
        killed = was_killed(self._layout)
        if killed:
            LOG.warning("the supervisor of %s was killed: starting anew", self._site.environment)
            await clear_away(self._layout)
            self._end_revisions("candidate", "withdrawn", "the supervisor was killed")
        await launch(self._layout)
        return killed

    def _end_revisions(self, now: RevisionState, then: RevisionState, reason: str) -> None:
        for revision in self._revisions.all():
            if revision.state == now:
                self._revisions.update(revision.name, state=then, reason=reason)

    async def _shared(self) -> dict[str, float]:
        """Start the shared components that do not run, and wait for those that were never found ready."""
        is_ready = {c.component: c.ready for c in await self._present()}
        declared = self._site.components("environment")
        absent = [name for name in declared if name not in is_ready]
        open_names = [name for name in declared if not is_ready.get(name)]
        await self._clear(absent)
        return _ready(await start(self._site, self._shared_group().only(open_names), fresh=absent))

    async def _present(self) -> list[ChildInfo]:
        """The shared components that run; of those that had ended it is said that they start again."""
        running: list[ChildInfo] = []
        for child in (await ask(self._layout, Status())).children:
            if child.revision:
                continue
            if child.exit_code is None:
                running.append(child)
            else:
                LOG.warning("%s had ended with exit code %d: starting it again", child.component, child.exit_code)
        return running

    async def _clear(self, absent: list[str]) -> None:
        """Make room for components: forget their ended processes, and choose ports that are still free."""
        for name in absent:
            await ask(self._layout, Stop(revision="", component=name))
        ports = environment_ports(self._site)
        taken = [name for name in absent if not is_free(ports.components[name])]
        if taken:
            LOG.warning("ports of %s were taken by other programs: choosing new ones", ", ".join(taken))
            choose_again(self._site, ports, taken)

    async def _revive(self, live: Revision) -> dict[str, float]:
        """Start the revision again that was live when the supervisor was killed."""
        if self._revisions.fill(live.name):
            await self._fingerprinted(live.name)
        started = await start(self._site, self._group(live.name))
        if started.ready:
            await self._forward(live.name)
            return started.ready_ms
        LOG.warning("%s, live before, does not start again: %s: %s", live.name, started.component, started.statement)
        await ask(self._layout, Stop(revision=live.name))
        self._revisions.point("live", "")
        self._revisions.update(live.name, state="withdrawn", reason=started.statement)
        return {}

    async def _fingerprinted(self, name: str) -> Revision:
        """Note the fingerprint of the revision's configuration; empty when the command cannot say it."""
        command = self._site.system.contract.fingerprint_command
        if command is None:
            return self._revisions.update(name, fingerprint=fingerprint_of(self._revisions.plan(name).variables))
        done = await self.run(command, name)
        words = done.stdout.split()
        return self._revisions.update(name, fingerprint=words[-1] if words and not done.exit_code else "")

    async def _forward(self, name: str) -> None:
        host, port = self._address(name)
        front = environment_ports(self._site).front
        request = Forward(front=front, revision=name, host=host, port=port, drain_s=self._drain_s)
        await ask(self._layout, request)

    async def _must_serve(self, name: str) -> None:
        if not await self._serves(name):
            raise StateError("not all of its processes run", where=name, hint="start it first")

    async def _serves(self, name: str) -> bool:
        """Whether every process of the revision runs and was found ready."""
        states = [p.state for p in await self.processes() if p.revision == name]
        wanted = sum(c.replicas for c in self._site.components("revision").values())
        return states.count("running") == wanted

    async def _newest(self, component: str) -> str:
        """The revision whose process a restart without a name means."""
        children = (await ask(self._layout, Status())).children
        present = {c.revision for c in children if c.component == component}
        states = {r.name: r.state for r in self._revisions.all() if r.name in present}
        for wanted in ("candidate", "live"):
            if found := [name for name, state in states.items() if state == wanted]:
                return found[-1]
        raise StateError("no revision runs it", where=component)

    def _group(self, revision: str) -> Group:
        if not revision:
            return self._shared_group()
        plan = self._revisions.plan(revision)
        names = names_of(self._site, revision, {**environment_ports(self._site).components, **plan.ports})
        artefact, spec = self.artefact(revision), self._site.system.artefact
        names |= {"artefact": artefact.folder if artefact else str(self._site.project)}
        return Group(
            revision=revision,
            environ=self._revisions.environ(revision),
            names=names,
            components=self._site.components("revision"),
            carried={n: fill(text, names) for n, text in spec.environ.items()} if spec and artefact else {},
        )

    def _shared_group(self) -> Group:
        """What shared components get: the manifest's variables; a revision's own port stands for the front door."""
        ports = environment_ports(self._site)
        fronts = dict.fromkeys(self._site.components("revision"), ports.front)
        names = names_of(self._site, "", {**fronts, **ports.components}) | {"artefact": str(self._site.project)}
        environ = fill_variables(self._site, self._revisions.manifest_variables(), names)
        return Group(revision="", environ=environ, names=names, components=self._site.components("environment"))


def _ready(result: StartResult) -> dict[str, float]:
    """The times to ready; raises DeployError when something is not."""
    if not result.ready:
        raise DeployError(f"phase {result.phase}: {result.statement}", where=result.component)
    return result.ready_ms

"""The loop's eyes: every probe of one system in one environment, each aimed at one revision.

Each method returns observations and never raises for a fault of the system under test.
"""

import asyncio
import functools
import json
from collections.abc import Awaitable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from goldenpath.checks.env import check_env, effective, unreadable
from goldenpath.checks.implied import implied_contract, read_contract
from goldenpath.deploy.target import Target
from goldenpath.errors import DeployError
from goldenpath.facts import Finding, Observation
from goldenpath.manifest.model import Edge, EnvironmentSpec, System
from goldenpath.manifest.names import Command
from goldenpath.manifest.own import like, own_variables
from goldenpath.probes.crash import probe_crashes
from goldenpath.probes.edge import EdgeOptions
from goldenpath.probes.health import probe_health
from goldenpath.probes.invariants import probe_invariants
from goldenpath.probes.journey import probe_journey
from goldenpath.probes.log import probe_startup
from goldenpath.probes.process import ProcessFacts, probe_processes
from goldenpath.probes.record import Recorder
from goldenpath.probes.schema import PendingResult, probe_pending
from goldenpath.probes.standpoint import probe_edge_from_source

Observations = tuple[Observation, ...]
SAMPLES = 3
"""Repeated connects: the fewest that tell a constant wait from a slow one."""


class Place(Protocol):
    """Which system, in which environment, from which folder."""

    @property
    def system(self) -> System:
        """The manifest."""
        ...

    @property
    def project(self) -> Path:
        """The folder the manifest is in."""
        ...

    @property
    def environment(self) -> str:
        """The environment's name."""
        ...


class Scene:
    """One system in one environment, seen through its doors."""

    def __init__(self, context: Place, target: Target, recorder: Recorder) -> None:
        """Look at this environment of the system through this target."""
        self.system = context.system
        self.project = context.project
        environment = context.environment
        self.environment = environment
        self.target = target
        self.recorder = recorder
        self._schemas: dict[tuple[str, str], dict[str, JsonValue]] = {}

    @property
    def spec(self) -> EnvironmentSpec:
        """The environment as the manifest declares it."""
        return self.system.environments[self.environment]

    async def schema(self, revision: str) -> dict[str, JsonValue]:
        """The env contract of a revision as JSON Schema; DeployError when its command fails."""
        environ = self.target.environ(revision)
        name = environ.get(self.system.contract.environment_variable, self.environment)
        key = (name, self.target.revision(revision).artefact)
        if key not in self._schemas:
            self._schemas[key] = await self._contract(name, revision)
        return self._schemas[key]

    async def _contract(self, environment: str, revision: str) -> dict[str, JsonValue]:
        """As the system's own command prints it, else as its file says, else as the manifest's variables imply."""
        contract = self.system.contract
        if contract.schema_command is not None:
            return await self._printed(filled(contract.schema_command, {"environment": environment}), revision)
        if contract.schema_file:
            path = self.project / contract.schema_file
            return await asyncio.to_thread(read_contract, path)
        return implied_contract(self.system, self.environment)

    async def _printed(self, command: Command, revision: str) -> dict[str, JsonValue]:
        done = await self.target.run(command, revision)
        if done.exit_code:
            raise DeployError(done.stderr.strip()[-400:], where=" ".join(command), hint="fix the contract's command")
        return json.loads(done.stdout)

    async def variables(self, revision: str) -> tuple[Observations, tuple[Finding, ...]]:
        """The revision's variables against the contract and against the last good revision."""
        before = self._before(revision)
        try:
            schema = await self.schema(revision)
        except DeployError as error:
            seen, findings = unreadable(self.recorder, f"{error.where}: {error.message}", revision)
            return (*seen, *await self._changed(revision)), findings
        return check_env(self.recorder, schema, self.target.environ(revision), before, revision)

    async def _changed(self, revision: str) -> Observations:
        """What changed since the last good revision, by the contract of that one."""
        good, before = self.target.last_good(), self._before(revision)
        if good is None or good.name == revision:
            return ()
        seen, _ = check_env(
            self.recorder, await self.schema(good.name), self.target.environ(revision), before, revision
        )
        return tuple(o for o in seen if o.name in {"env.changed", "env.unchanged"})

    def _before(self, revision: str) -> dict[str, str] | None:
        """The last good revision's variables, without what each revision has of its own; None when there is none."""
        good = self.target.last_good()
        if good is None:
            return None
        own = own_variables(self.system, self.spec)
        return like(self.target.environ(good.name), self.target.environ(revision), own)

    async def _effective(self, revision: str, source: str) -> dict[str, str]:
        """The variables of `source` with the defaults of this revision's contract, as far as it can be read."""
        try:
            return effective(await self.schema(revision), self.target.environ(source))
        except DeployError:
            return self.target.environ(source)

    async def edges(self, revision: str, *, only: str = "", samples: int = 1) -> Observations:
        """Every edge (or one) from the revision's own variables, phases apart."""
        environ = await self._effective(revision, revision)
        options, origins = EdgeOptions(revision=revision, samples=samples), await self._origins(revision)
        return await together(
            probe_edge_from_source(self.recorder, self.system, edge, environ, options.of(origins.get(edge.source)))
            for edge in self._datastore_edges(only)
        )

    async def edge_at_last_good(self, revision: str, subject: str) -> Observations:
        """One edge with the address and login of the last good revision."""
        good = self.target.last_good()
        if good is None or good.name == revision:
            return ()
        environ = await self._effective(revision, good.name)
        options = EdgeOptions(revision=revision, samples=SAMPLES, suffix=f"@{good.name}")
        origins = await self._origins(revision)
        return await together(
            probe_edge_from_source(self.recorder, self.system, edge, environ, options.of(origins.get(edge.source)))
            for edge in self._datastore_edges(subject)
        )

    async def health(self, revision: str) -> Observations:
        """The health and version documents of the revision, and what was deployed."""
        known = self.target.revision(revision)
        observe = self.recorder.observe
        component = self.system.doors.component
        expected = (
            observe(probe="deploy", subject=component, revision=revision, name="expected.revision", value=revision),
            observe(
                probe="deploy",
                subject=component,
                revision=revision,
                name="expected.fingerprint",
                value=known.fingerprint,
            ),
        )
        return (
            *expected,
            *await probe_health(self.recorder, self.system, self.target.door(revision), revision=revision),
        )

    async def processes(self, revision: str) -> Observations:
        """How every process is: of the revision, and of what all revisions share."""
        statuses = await self.target.processes()
        facts = [
            ProcessFacts(
                component=s.component,
                replica=s.replica,
                revision=s.revision,
                state=s.state,
                pid=s.pid,
                exit_code=s.exit_code,
                uptime_s=s.uptime_s,
            )
            for s in statuses
            if s.revision in {"", revision}
        ]
        return probe_processes(self.recorder, self.system, facts, self.target.environ(revision))

    async def startup(self, revision: str) -> Observations:
        """What the revision's components logged about their start."""
        since = self.target.revision(revision).created_at
        return tuple(o for name in self.system.components for o in self._startup(name, revision, since))

    async def pending(self, revision: str) -> Observations:
        """Migrations not yet applied."""
        if self.spec.pending is None:
            return ()
        done = await self.target.run(self.spec.pending, revision)
        result = PendingResult(exit_code=done.exit_code, stdout=done.stdout, stderr=done.stderr)
        return probe_pending(self.recorder, result, revision=revision)

    async def journeys(self, revision: str, *, only: str = "", door: str = "") -> Observations:
        """A synthetic run of every journey that has a conversation, through the revision's own door, or another one."""
        names = [n for n, j in self.system.journeys.items() if j.is_synthetic and only in {"", f"journey:{n}"}]
        way = door or self.target.door(revision)
        return await together(probe_journey(self.recorder, self.system, name, way, revision=revision) for name in names)

    async def journey_at_last_good(self, revision: str, subject: str) -> Observations:
        """The same synthetic run through the door of the last good revision, while it serves beside this one."""
        good, live = self.target.last_good(), self.target.live()
        if good is None or live is None or good.name in {"", revision} or live.name != good.name:
            return ()
        seen = await self.journeys(good.name, only=subject)
        return tuple(o.model_copy(update={"subject": f"{o.subject}@{good.name}", "revision": revision}) for o in seen)

    async def invariants(self, revision: str) -> Observations:
        """The laws an independent reader checks in the datastores."""
        return await probe_invariants(self.recorder, self.system, self.target.environ(revision), revision)

    def _startup(self, component: str, revision: str, since: datetime) -> Observations:
        lines = self.target.logs(component, revision=revision, since=since)
        carried = self.target.artefact(revision)
        crashes = probe_crashes(self.recorder, component, lines, carried.folder if carried else "", revision=revision)
        return (*probe_startup(self.recorder, component, lines, revision=revision), *crashes)

    async def _origins(self, revision: str) -> dict[str, int]:
        """A running process of each component: whose connections they are is where they are probed from."""
        running = [s for s in await self.target.processes() if s.state == "running" and s.revision in {"", revision}]
        return {s.component: s.pid for s in reversed(running) if s.pid is not None}

    def _datastore_edges(self, only: str) -> list[Edge]:
        return [e for e in self.system.edges if only in {"", f"{e.source}->{e.target}"}]


async def together(probes: Iterable[Awaitable[Observations]]) -> Observations:
    """Run probes side by side and join what they saw, in the order they were given."""
    return tuple(o for found in await asyncio.gather(*probes) for o in found)


def filled(command: Command, values: dict[str, str]) -> Command:
    """A command line with these placeholders filled in; the target fills the others in when it runs it."""
    return tuple(functools.reduce(_put, values.items(), word) for word in command)


def _put(word: str, placeholder: tuple[str, str]) -> str:
    name, value = placeholder
    return word.replace(f"{{{name}}}", value)

"""Starting processes and waiting until they serve; what does not is described with its own last words."""

import asyncio
import logging
import signal
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import Field

from goldenpath.deploy.local.address import web_address
from goldenpath.deploy.local.client import ask
from goldenpath.deploy.local.log_files import Line, last_lines, text_of
from goldenpath.deploy.local.proc_table import entry
from goldenpath.deploy.local.readiness import Unready, closed_door, not_ready, unsaid
from goldenpath.deploy.local.site import Site, own_names, process_environ
from goldenpath.deploy.local.values import masked
from goldenpath.deploy.local.wire import ChildInfo, ChildSpec, Ready, Start, Status
from goldenpath.deploy.target import StartResult
from goldenpath.errors import DeployError
from goldenpath.facts import Record
from goldenpath.manifest.fill import fill
from goldenpath.manifest.model import Component
from goldenpath.probes.log import probe_startup
from goldenpath.probes.record import Recorder

LOG = logging.getLogger(__name__)
POLL_S = 0.03
STEADY_PART = 1 / 6
"""Who is up and blames the same other components for this part of `ready_s` will not get ready by waiting."""
TAIL_LINES, TAIL_CHARACTERS = 6, 900
STOP_SIGNALS = {"postgres": signal.SIGINT}
"""PostgreSQL waits for its clients on SIGTERM; SIGINT is its fast shutdown."""
Phase = Literal["spawn", "exit", "ready"]


class Group(Record):
    """Components that start together: of one revision, or those that every revision shares."""

    revision: str
    environ: dict[str, str]
    names: dict[str, str]
    """What the placeholders of command lines stand for."""
    components: dict[str, Component]
    carried: dict[str, str] = Field(default_factory=dict[str, str])
    """What its processes get besides the contract, because of the code they carry."""

    def only(self, names: Collection[str]) -> "Group":
        """The group with these components only."""
        return self.model_copy(update={"components": {n: c for n, c in self.components.items() if n in names}})


class Failure(Record):
    """What did not become ready."""

    component: str
    phase: str
    statement: str


def specs(site: Site, group: Group) -> tuple[ChildSpec, ...]:
    """One process for each replica of each component."""
    return tuple(
        ChildSpec(
            component=name,
            replica=replica,
            revision=group.revision,
            command=tuple(fill(word, group.names) for word in component.run or ()),
            environ=process_environ(group.carried | own_names(component, group.environ)),
            cwd=str(site.project / component.folder),
            log=str(site.layout.log(name, group.revision, replica)),
            stop_signal=STOP_SIGNALS.get(component.kind, signal.SIGTERM),
        )
        for name, component in group.components.items()
        for replica in range(component.replicas)
    )


async def start(site: Site, group: Group, *, fresh: Collection[str] | None = None) -> StartResult:
    """Start the group side by side, and return when all of it serves or one has failed.

    With `fresh`, only these are started; of the others it is only waited that they serve.
    """
    began = time.perf_counter()
    try:
        await ask(site.layout, Start(children=specs(site, group if fresh is None else group.only(fresh))))
    except DeployError as error:
        name = next((c for c in group.components if error.message.startswith(f"{c} ")), "")
        return _failed(Failure(component=name, phase="spawn", statement=error.message), began, {})
    return await wait_ready(site, group, began)


async def wait_ready(site: Site, group: Group, began: float) -> StartResult:
    """Wait until every component of the group serves, or the first that is required has failed."""
    children = (await ask(site.layout, Status())).children
    ready_ms: dict[str, float] = {}
    waits = [
        asyncio.create_task(_Wait(site, group, name, _of(children, name, group.revision)).until_ready(), name=name)
        for name in group.components
    ]
    try:
        for wait in asyncio.as_completed(waits):
            outcome = await wait
            if isinstance(outcome, str):
                ready_ms[outcome] = round((time.perf_counter() - began) * 1000, 1)
            elif group.components[outcome.component].required:
                return _failed(outcome, began, ready_ms)
            else:
                LOG.warning("%s is optional and not ready: %s", outcome.component, outcome.statement)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    return StartResult(ready=True, seconds=round(time.perf_counter() - began, 3), ready_ms=ready_ms)


class _Wait:
    """Waits for one component."""

    def __init__(self, site: Site, group: Group, name: str, children: tuple[ChildInfo, ...]) -> None:
        self._site = site
        self._group = group
        self._name = name
        self._component = group.components[name]
        self._children = children
        # The log may hold an earlier process of the same name; its clock is the same, its milliseconds rounded.
        self._since = min((datetime.fromisoformat(c.started_at) for c in children), default=datetime.now(UTC))
        self._since -= timedelta(milliseconds=1)

    async def until_ready(self) -> str | Failure:
        """The component's name once it serves."""
        began = blamed_at = time.perf_counter()
        reason: Unready | None = None
        while (now := time.perf_counter()) - began < self._component.ready_s:
            if ended := next((c for c in self._children if not _lives(c)), None):
                return await self._ended(ended)
            before, reason = reason, await self._reason()
            if reason is None:
                await ask(self._site.layout, Ready(revision=self._group.revision, component=self._name))
                return self._name
            if not reason.others or before is None or reason.others != before.others:
                blamed_at = now
            if now - blamed_at >= self._component.ready_s * STEADY_PART:
                break
            await asyncio.sleep(POLL_S)
        said = reason.text if reason else "it was not asked"
        return self._failure("ready", f"not ready after {time.perf_counter() - began:.1f} s: {said}")

    async def _reason(self) -> Unready | None:
        match self._component.kind:
            case "web" if self._name == self._site.system.doors.component or self._component.address is None:
                return await closed_door(self._site.system, *self._address())
            case "worker":
                return self._unsaid()
            case "postgres" | "redis" | "clickhouse" | "llm" | "web" | "tcp":
                return await not_ready(self._component, self._group.environ)

    def _unsaid(self) -> Unready | None:
        silence = unsaid(self._lines(), len(self._children), self._component.ready_line)
        lived_s = (datetime.now(UTC) - self._since).total_seconds()
        return None if silence and 0 < self._component.steady_s <= lived_s else silence

    def _address(self) -> tuple[str, int]:
        return web_address(self._component, self._group.environ, self._group.names.get(f"port:{self._name}", ""))

    async def _ended(self, child: ChildInfo) -> Failure:
        answer = await ask(self._site.layout, Status())
        now = next((c for c in answer.children if c.pid == child.pid), child)
        return self._failure("exit", f"ended with exit code {now.exit_code} before it was ready")

    def _failure(self, phase: Phase, statement: str) -> Failure:
        """The component's own word for the phase is better than ours."""
        lines = self._lines()
        said = _startup_failure(self._name, lines)
        tail = " | ".join(text for line in lines[-TAIL_LINES:] if (text := text_of(line)))[-TAIL_CHARACTERS:]
        words = f"{statement}; {said['cause']}" if said else statement
        words = f"{words}; its log ends: {tail}" if tail else f"{words}; its log is empty"
        return Failure(
            component=self._name, phase=said["phase"] if said else phase, statement=masked(self._site, words)
        )

    def _lines(self) -> list[Line]:
        paths = [self._site.layout.log(self._name, self._group.revision, c.replica) for c in self._children]
        return last_lines(paths, since=self._since, limit=200)


def _startup_failure(component: str, lines: list[Line]) -> Mapping[str, str] | None:
    """Phase and cause of a failed start, as the component's own log has them."""
    for seen in probe_startup(Recorder("start"), component, lines):
        if seen.name == "startup.failed" and isinstance(seen.value, dict):
            return {name: str(value) for name, value in seen.value.items()}
    return None


def _of(children: tuple[ChildInfo, ...], component: str, revision: str) -> tuple[ChildInfo, ...]:
    return tuple(c for c in children if (c.component, c.revision) == (component, revision))


def _lives(child: ChildInfo) -> bool:
    found = entry(child.pid)
    return child.exit_code is None and found is not None and found.start_ticks == child.start_ticks


def _failed(failure: Failure, began: float, ready_ms: dict[str, float]) -> StartResult:
    return StartResult(
        ready=False,
        component=failure.component,
        phase=failure.phase,
        statement=failure.statement,
        seconds=round(time.perf_counter() - began, 3),
        ready_ms=ready_ms,
    )

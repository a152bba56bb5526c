"""Actions on processes: they act at once, and each is judged by what runs afterwards."""

import asyncio
import signal
from collections.abc import Iterable

from goldenpath.facts import ContinueProcess, Restart
from goldenpath.remediation.hands import Applied, Hands, Status

SETTLE_S = 5.0
"""How long a signal may take to show in the state of a process."""
POLL_S = 0.05
GONE = frozenset({"exited", "missing"})


async def restart(action: Restart, hands: Hands, revision: str) -> Applied:
    """Start a component anew of which a process is gone."""
    name = action.component
    before = tuple(await hands.processes())
    if not any(p.component == name and p.state in GONE for p in before):
        return Applied(acted=False, statement=f"every process of {name} exists: a restart has no reason")
    started = await hands.restart(name, revision=_revision(before, name, revision))
    if not started.ready:
        return Applied(acted=False, statement=f"{name} did not become ready again: {started.statement}")
    return _judged(before, tuple(await hands.processes()), f"{name} was started again and became ready")


async def go_on(action: ContinueProcess, hands: Hands) -> Applied:
    """Let a stopped process continue."""
    name = action.component
    before = tuple(await hands.processes())
    if not _stopped(before, name):
        return Applied(acted=False, statement=f"no process of {name} is stopped")
    await hands.signal(name, action.pid, signal.SIGCONT)
    after = await _settled(hands, name, len(_stopped(before, name)))
    if len(_stopped(after, name)) >= len(_stopped(before, name)):
        return Applied(acted=False, statement=f"process {action.pid} of {name} is stopped again")
    return _judged(before, after, f"process {action.pid} of {name} goes on")


def severity(processes: Iterable[Status]) -> int:
    """How many processes that should be there do not run; no fix may raise it."""
    return sum(p.state in {*GONE, "frozen"} for p in processes)


def _judged(before: tuple[Status, ...], after: tuple[Status, ...], statement: str) -> Applied:
    worse = severity(after) - severity(before)
    if worse > 0:
        return Applied(acted=False, statement=f"{statement}, and {worse} more processes do not run than before")
    return Applied(acted=True, statement=statement)


async def _settled(hands: Hands, component: str, stopped: int) -> tuple[Status, ...]:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLE_S
    while True:
        found = tuple(await hands.processes())
        if len(_stopped(found, component)) < stopped or loop.time() > deadline:
            return found
        await asyncio.sleep(POLL_S)


def _stopped(processes: Iterable[Status], component: str) -> list[Status]:
    return [p for p in processes if p.component == component and p.state == "frozen"]


def _revision(processes: Iterable[Status], component: str, revision: str) -> str:
    """What every revision shares has none of its own."""
    return revision if any(p.component == component and p.revision == revision for p in processes) else ""

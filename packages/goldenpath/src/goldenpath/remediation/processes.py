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


class Restarting:
    """Start a component anew of which a process is gone."""

    def __init__(self, action: Restart, hands: Hands, revision: str) -> None:
        """Of this revision, unless every revision shares the component."""
        self._name = action.component
        self._hands = hands
        self._revision = revision

    async def objection(self) -> str:
        """Every process is there: a restart would only hide what is wrong."""
        gone = _in_state(await self._hands.processes(), self._name, GONE)
        return "" if gone else f"every process of {self._name} exists: a restart has no reason"

    async def act(self) -> Applied:
        """Start it, and wait until it serves."""
        found = await self._hands.processes()
        started = await self._hands.restart(self._name, revision=self._chosen(found))
        if not started.ready:
            return Applied(acted=False, statement=f"{self._name} did not become ready again: {started.statement}")
        return Applied(acted=True, statement=f"{self._name} was started again and became ready")

    async def doubt(self) -> str:
        """A process is gone again."""
        gone = _in_state(await self._hands.processes(), self._name, GONE)
        return f"{len(gone)} processes of {self._name} are gone again" if gone else ""

    async def undo(self) -> str:
        """There is no way back to a dead process, and no wish for it."""
        return f"{self._name} stays as it was started: a restart has no inverse"

    def _chosen(self, found: Iterable[Status]) -> str:
        """The revision to name: none for a component that every revision shares."""
        return self._revision if any((p.component, p.revision) == (self._name, self._revision) for p in found) else ""


class GoingOn:
    """Let a stopped process continue."""

    def __init__(self, action: ContinueProcess, hands: Hands) -> None:
        """The action's process of the action's component."""
        self._name = action.component
        self._pid = action.pid
        self._hands = hands
        self._stopped = 0

    async def objection(self) -> str:
        """Nothing of it is stopped."""
        return "" if await self._frozen() else f"no process of {self._name} is stopped"

    async def act(self) -> Applied:
        """SIGCONT; the target refuses a process that is not the component's."""
        self._stopped = len(await self._frozen())
        await self._hands.signal(self._name, self._pid, signal.SIGCONT)
        return Applied(acted=True, statement=f"process {self._pid} of {self._name} goes on")

    async def doubt(self) -> str:
        """As many are stopped as before, a while later."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + SETTLE_S
        while len(await self._frozen()) >= self._stopped:
            if loop.time() > deadline:
                return f"process {self._pid} of {self._name} is stopped again"
            await asyncio.sleep(POLL_S)
        return ""

    async def undo(self) -> str:
        """Nothing is ever stopped by us."""
        return f"process {self._pid} of {self._name} goes on: stopping it again would make it worse"

    async def _frozen(self) -> list[Status]:
        return _in_state(await self._hands.processes(), self._name, {"frozen"})


def severity(processes: Iterable[Status]) -> int:
    """How many processes that should be there do not run; no fix may raise it."""
    return sum(p.state in {*GONE, "frozen"} for p in processes)


def _in_state(processes: Iterable[Status], component: str, states: Iterable[str]) -> list[Status]:
    wanted = frozenset(states)
    return [p for p in processes if p.component == component and p.state in wanted]

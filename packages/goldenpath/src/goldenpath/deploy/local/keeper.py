"""Every child of the supervisor: starts, notices ends, stops whole families; restarts nothing by itself."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

from goldenpath.deploy.local.child import Child
from goldenpath.deploy.local.disk import write_json
from goldenpath.deploy.local.proc_table import STOPPED, Entry, boot_id, descendants, send, table
from goldenpath.deploy.local.wire import ChildInfo, ChildSpec

GRACE_S = 6.0
"""What a process may take to end by itself."""
LEFT_BEHIND_S = 3.0
"""What the processes started by an ended one may take to end when asked."""
POLL_S = 0.02
Key = tuple[str, str, int]


class KeeperError(Exception):
    """A request that the present state does not allow."""


class Keeper:
    """The children by component, revision and replica."""

    def __init__(self, record: Path) -> None:
        """Keep no child yet; `record` lists them for whoever finds us dead."""
        self._children: dict[Key, Child] = {}
        self._record = record
        self._boot = boot_id()

    def start(self, specs: tuple[ChildSpec, ...]) -> None:
        """Start these processes; raises KeeperError naming the one that cannot be."""
        try:
            for spec in specs:
                self._start(spec)
        finally:
            self._write_down()

    async def stop(self, revision: str, component: str = "") -> None:
        """Stop a revision's processes, or those of one component of it."""
        chosen = {k: c for k, c in self._children.items() if k[1] == revision and component in ("", k[0])}
        await asyncio.gather(*(_end(child) for child in chosen.values()))
        for key, child in chosen.items():
            if self._children.get(key) is child:
                del self._children[key]
        self._write_down()

    def note_ready(self, revision: str, component: str) -> None:
        """Remember that this component was found ready."""
        for child in self._of(component):
            child.ready = child.ready or child.spec.revision == revision

    async def restart(self, revision: str, component: str) -> None:
        """Stop one component and start the same again."""
        specs = tuple(c.spec for k, c in self._children.items() if k[:2] == (component, revision))
        if not specs:
            raise KeeperError(f"{component} was not started")
        await self.stop(revision, component)
        self.start(specs)

    def send(self, component: str, pid: int, number: int) -> None:
        """Send a signal to a process of a component; to its first process means to all of its processes."""
        entries = table()
        for child in self._of(component):
            relatives = child.relatives(entries)
            if pid in {e.pid for e in relatives}:
                send(relatives if pid == child.pid else [e for e in relatives if e.pid == pid], number)
                return
        raise KeeperError(f"process {pid} is not one of {component}")

    def reap(self) -> None:
        """Notice every end: of our children, and of what they left to us."""
        ours = {child.pid: child for child in self._children.values()}
        while ended := _peek():
            if ended in ours:
                ours[ended].reap()
            else:
                with suppress(ChildProcessError):
                    os.waitpid(ended, os.WNOHANG)

    def infos(self) -> tuple[ChildInfo, ...]:
        """How every child is."""
        self.reap()
        entries = table()
        return tuple(child.info(entries) for child in self._children.values())

    async def stop_all(self) -> None:
        """Stop what belongs to revisions, then what they share, then whatever is still there."""
        revisions = {key[1] for key in self._children} - {""}
        await asyncio.gather(*(self.stop(revision) for revision in revisions))
        await self.stop("")
        send(descendants(table(), os.getpid()), signal.SIGKILL)

    def _start(self, spec: ChildSpec) -> None:
        key = (spec.component, spec.revision, spec.replica)
        present = self._children.get(key)
        if present and present.exit_code is None:
            raise KeeperError(f"{spec.component} is already running as process {present.pid}")
        if present:
            present.close()
        try:
            self._children[key] = Child(spec)
        except OSError as error:
            raise KeeperError(f"{spec.component} cannot be started: {error}") from error

    def _of(self, component: str) -> list[Child]:
        return [c for k, c in self._children.items() if k[0] == component]

    def _write_down(self) -> None:
        if not self._record.parent.exists():
            return
        listed = [{"pid": c.pid, "start_ticks": c.start_ticks} for c in self._children.values()]
        write_json(self._record, {"boot": self._boot, "children": listed})


def _peek() -> int:
    """The pid of an ended child that nobody has waited for; 0 when there is none."""
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return 0
    return found.si_pid if found else 0


async def _end(child: Child) -> None:
    """End a child and its family: politely, then by force."""
    relatives = child.relatives(table())
    if child.exit_code is None:
        child.asked_to_end = True
        child.send(child.spec.stop_signal)
        send([e for e in relatives if e.state in STOPPED], signal.SIGCONT)
        with suppress(TimeoutError):
            await asyncio.wait_for(child.ended.wait(), GRACE_S)
    if child.exit_code is None:
        child.log.note("process did not end when asked", "warning", pid=child.pid, waited_s=GRACE_S)
        send(child.relatives(table()), signal.SIGKILL)
        await child.ended.wait()
    await _sweep(child, {(e.pid, e.start_ticks) for e in relatives})
    child.close()


async def _sweep(child: Child, known: set[tuple[int, int]]) -> None:
    """End what an ended child has started: politely, then by force."""
    deadline = asyncio.get_running_loop().time() + LEFT_BEHIND_S
    send(_left(child, known), signal.SIGTERM)
    while left := _left(child, known):
        if asyncio.get_running_loop().time() > deadline:
            send(left, signal.SIGKILL)
        await asyncio.sleep(POLL_S)


def _left(child: Child, known: set[tuple[int, int]]) -> list[Entry]:
    entries = table()
    family_now = {e.pid for e in child.relatives(entries)}
    return [e for e in entries if e.pid in family_now or (e.pid, e.start_ticks) in known]

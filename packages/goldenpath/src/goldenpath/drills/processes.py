"""Signals and limits for the processes of a component; what stands still or is limited is set free after the drill."""

import resource
import signal
from contextlib import AsyncExitStack, suppress

import psutil

from goldenpath.deploy.target import ProcessStatus, Target
from goldenpath.drills.injections import LimitProcess, Signal
from goldenpath.errors import GoldenPathError, StateError

SIGNALS = {"STOP": signal.SIGSTOP, "CONT": signal.SIGCONT, "KILL": signal.SIGKILL, "TERM": signal.SIGTERM}
ALIVE = frozenset({"starting", "running", "frozen"})
RESOURCES = {"open_files": resource.RLIMIT_NOFILE, "file_size": resource.RLIMIT_FSIZE}


async def send(target: Target, injection: Signal, stack: AsyncExitStack) -> None:
    """Send the signal to every process of the component; StateError when none runs."""
    for process in await _running(target, injection.component):
        pid = process.pid or 0
        await target.signal(injection.component, pid, SIGNALS[injection.signal])
        if injection.signal == "STOP":
            stack.push_async_callback(_go_on, target, injection.component, pid)


async def limit(target: Target, injection: LimitProcess, stack: AsyncExitStack) -> None:
    """Lower the soft limit of every process of the component and of what it started."""
    number = RESOURCES[injection.resource]
    for pid in await families(target, injection.component):
        before = resource.prlimit(pid, number)
        resource.prlimit(pid, number, (injection.value, before[1]))
        stack.callback(_lift, pid, number, before)


async def families(target: Target, component: str) -> tuple[int, ...]:
    """The processes of the component and all that they started; StateError when none runs."""
    roots = [psutil.Process(process.pid) for process in await _running(target, component)]
    return tuple(one.pid for root in roots for one in (root, *root.children(recursive=True)))


async def _running(target: Target, component: str) -> list[ProcessStatus]:
    found = [p for p in await target.processes() if p.component == component and p.pid and p.state in ALIVE]
    if not found:
        raise StateError("no process of it runs", where=component)
    return found


async def _go_on(target: Target, component: str, pid: int) -> None:
    with suppress(GoldenPathError, OSError):  # the loop may have ended it meanwhile
        await target.signal(component, pid, signal.SIGCONT)


def _lift(pid: int, number: int, before: tuple[int, int]) -> None:
    with suppress(OSError):  # the loop may have ended it meanwhile
        resource.prlimit(pid, number, before)

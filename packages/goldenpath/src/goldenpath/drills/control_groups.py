"""Control groups of the kernel around the processes of a component: less memory or processor time than they need."""

import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from functools import lru_cache
from pathlib import Path
from typing import Literal

from goldenpath.errors import StateError
from goldenpath.facts import Record

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 100_000
MEMBERS = "cgroup.procs"
Controlled = Literal["memory", "processor"]
CONTROLLERS: Mapping[Controlled, str] = {"memory": "memory", "processor": "cpu"}


class LimitGroup(Record):
    """A control group of its own is laid around the processes of a component, until the drill ends."""

    type: Literal["limit_group"] = "limit_group"
    component: str
    resource: Controlled
    value: int
    """Bytes of memory that they may take from now on; or processor time, in percent of one core."""


@lru_cache
def why_not() -> str:
    """Why this machine cannot have a control group for a drill; empty when it can."""
    try:
        for controller in CONTROLLERS.values():
            folder = _parent(controller) / f"goldenpath-tried-{os.getpid()}"
            folder.mkdir()
            folder.rmdir()
    except OSError as error:
        return f"this user may not make control groups: {error.strerror}"
    return ""


def limit(fault: LimitGroup, pids: tuple[int, ...], stack: AsyncExitStack) -> None:
    """Move the processes into a group with this limit; back, and the group away, when the stack is left."""
    controller = CONTROLLERS[fault.resource]
    folder = _parent(controller) / f"goldenpath-{fault.component}-{os.getpid()}"
    before = {pid: _group_of(pid, controller) for pid in pids}
    try:
        folder.mkdir()
        stack.callback(_leave, folder, before)
        _limited(folder, fault)
        for pid in pids:
            (folder / MEMBERS).write_text(str(pid), encoding="ascii")
    except OSError as error:
        raise StateError(f"its control group cannot be made: {error}", where=fault.component) from error


def _parent(controller: str) -> Path:
    """Version 1 has a tree for each controller, version 2 one for all."""
    apart = ROOT / controller
    return apart if apart.is_dir() else ROOT


def _limited(folder: Path, fault: LimitGroup) -> None:
    for name, value in _limits(folder)[fault.resource](fault.value).items():
        (folder / name).write_text(value, encoding="ascii")


def _limits(folder: Path) -> Mapping[Controlled, Callable[[int], dict[str, str]]]:
    """What is written into which file, by the version of control groups."""
    if (folder / "cgroup.controllers").exists():
        return {
            "memory": lambda value: {"memory.max": str(value), "memory.swap.max": "0"},
            "processor": lambda value: {"cpu.max": f"{value * PERIOD_US // 100} {PERIOD_US}"},
        }
    return {
        "memory": lambda value: {"memory.limit_in_bytes": str(value)},
        "processor": lambda value: {
            "cpu.cfs_period_us": str(PERIOD_US),
            "cpu.cfs_quota_us": str(value * PERIOD_US // 100),
        },
    }


def _group_of(pid: int, controller: str) -> Path:
    """The group of a process in the tree of this controller."""
    lines = Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8").splitlines()
    parts = [line.split(":", 2) for line in lines]
    paths = {names: path for _, names, path in parts}
    mine = next((path for names, path in paths.items() if controller in names.split(",")), paths.get("", "/"))
    return _parent(controller) / mine.strip("/")


def _leave(folder: Path, before: Mapping[int, Path]) -> None:
    """Whoever is in it goes back: those that were moved to where they were, their children with them."""
    home = next(iter(before.values()), folder.parent)
    for pid in (folder / MEMBERS).read_text(encoding="ascii").split():
        with suppress(OSError):  # it has just ended
            (before.get(int(pid), home) / MEMBERS).write_text(pid, encoding="ascii")
    with suppress(OSError):  # a process that is just ending still counts as in it
        folder.rmdir()

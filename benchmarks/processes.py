"""CPU time and memory of process trees, as the kernel counts them."""

from collections.abc import Mapping

import psutil

MIB = 2**20
MS = 1000


def tree(pid: int) -> list[psutil.Process]:
    """The process and all its descendants."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def cpu_s(pid: int) -> float:
    """User and system seconds of the tree so far, children that have ended included."""
    seconds = 0.0
    for process in tree(pid):
        times = process.cpu_times()
        seconds += times.user + times.system + times.children_user + times.children_system
    return seconds


def pss_mib(pid: int) -> float:
    """Proportional set size of the tree: shared pages are split between those who share them."""
    return round(sum(process.memory_full_info().pss for process in tree(pid)) / MIB, 1)


class CpuMeter:
    """CPU time that named processes use from here on."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        """Begin now."""
        self._pids = pids
        self._before = {name: cpu_s(pid) for name, pid in pids.items()}

    def ms_per(self, count: int) -> dict[str, float]:
        """Milliseconds for each of `count` things done since."""
        used = {name: cpu_s(pid) - self._before[name] for name, pid in self._pids.items()}
        return {name: round(seconds * MS / count, 1) for name, seconds in used.items()}

"""CPU time and memory of process trees, as the kernel counts them."""

import os
import resource
import time
from collections.abc import Iterable, Mapping

import psutil

MIB = 2**20
MS = 1000
CPUCLOCK_SCHED = 2


def tree(pid: int) -> list[psutil.Process]:
    """The process and all its descendants."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def cpu_s(pid: int) -> float:
    """User and system seconds of the tree so far, children that have ended included."""
    seconds = 0.0
    for process in tree(pid):
        times = process.cpu_times()
        seconds += time.clock_gettime(_cpu_clock(process.pid)) + times.children_user + times.children_system
    return seconds


def _cpu_clock(pid: int) -> int:
    # clock_getcpuclockid(3), which Python lacks: nanoseconds, where /proc counts in hundredths of a second.
    return (~pid << 3) | CPUCLOCK_SCHED


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


class Others:
    """How much of the machine everything else used meanwhile: what disturbs a measurement."""

    def __init__(self, pids: Iterable[int]) -> None:
        """Begin now; ours are the trees of `pids`, this process, and children that it has waited for."""
        self._pids = tuple(pids)
        self._before = (time.perf_counter(), _busy_s(), self._ours_s())

    def share(self) -> float:
        """Their part of all cores since, from 0 to 1."""
        began, busy, ours = self._before
        used = (_busy_s() - busy) - (self._ours_s() - ours)
        capacity = (time.perf_counter() - began) * (os.cpu_count() or 1)
        return round(max(used / capacity, 0.0), 2)

    def _ours_s(self) -> float:
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in usages) + sum(cpu_s(pid) for pid in self._pids)


def _busy_s() -> float:
    times = psutil.cpu_times()
    return times.user + times.nice + times.system + times.irq + times.softirq + times.steal

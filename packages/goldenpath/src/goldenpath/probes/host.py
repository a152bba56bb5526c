"""What the kernel knows of each component's processes: files, memory, processor, disks, and what they wait for."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil
from pydantic import JsonValue

from goldenpath.facts import Observation, Record
from goldenpath.manifest.model import System
from goldenpath.probes import cgroup
from goldenpath.probes.disks import Disk, disks_of
from goldenpath.probes.kernel_log import killed_for_memory
from goldenpath.probes.packages import Versions, differences, packages_of
from goldenpath.probes.process import ProcessFacts
from goldenpath.probes.record import Notes, Recorder

WINDOW_S = 0.25
"""Over which processor time is measured; two periods of a quota, which are 100 ms long."""
MOST_PACKAGES = 12
"""Differences that are noted: more mean another environment."""
_NO_LIMIT = 1 << 62


class Clock(Record):
    """Processor time so far: of a family in seconds, and of the quota over it in periods."""

    seconds: float
    periods: int = 0
    throttled: int = 0


class Family(Record):
    """One process of a component and everything it started."""

    facts: ProcessFacts
    subject: str
    pids: tuple[int, ...]


async def probe_hosts(
    recorder: Recorder,
    system: System,
    processes: Iterable[ProcessFacts],
    *,
    packages: Mapping[str, Versions] | None = None,
    window_s: float = WINDOW_S,
) -> tuple[Observation, ...]:
    """Every process as the kernel has it; of several replicas the subject is `COMPONENT#REPLICA`.

    `packages` are those of each component when the system was last proven well.
    """
    families = [_family(system, facts) for facts in processes]
    before = [_clock(family) for family in families]
    await asyncio.sleep(window_s)
    kills = killed_for_memory()
    before_packages = packages or {}
    changed = [o for family in families for o in _packages(recorder, family, before_packages)]
    return (
        *changed,
        *_observed(recorder, zip(families, before, strict=True), window_s, kills),
    )


def _observed(
    recorder: Recorder, clocks: Iterable[tuple[Family, Clock]], window_s: float, kills: Mapping[int, str] | None
) -> tuple[Observation, ...]:
    return tuple(
        o for family, clock in clocks for o in _observe(recorder, family, (clock, _clock(family), window_s), kills)
    )


def families_of(pid: int | None) -> tuple[int, ...]:
    """A process and all its descendants, as far as they live."""
    try:
        root = psutil.Process(pid) if pid is not None else None
        return (root.pid, *(child.pid for child in root.children(recursive=True))) if root else ()
    except psutil.Error:
        return ()


def _family(system: System, facts: ProcessFacts) -> Family:
    several = system.components[facts.component].replicas > 1
    subject = f"{facts.component}#{facts.replica}" if several else facts.component
    return Family(facts=facts, subject=subject, pids=families_of(facts.pid))


def _observe(
    recorder: Recorder, family: Family, clocks: tuple[Clock, Clock, float], kills: Mapping[int, str] | None
) -> tuple[Observation, ...]:
    notes = Notes(recorder, "host", family.subject, family.facts.revision)
    _note_kills(notes, family, kills)
    if not family.pids:
        return notes.taken
    files = max(filter(None, map(_files, family.pids)), key=_share, default=None)
    if files:
        notes.note("host.files", files, "of its processes, the one that is nearest to its limit")
    notes.note("host.memory", _memory(family.pids))
    notes.note("host.cpu", _cpu(family.pids, *clocks))
    notes.note("host.states", _states(family.pids), "how many of its threads and processes are in which state")
    for disk in disks_of(family.pids):
        notes.note("host.disk", _disk(disk))
    return notes.taken


def _packages(recorder: Recorder, family: Family, before: Mapping[str, Versions]) -> tuple[Observation, ...]:
    """What differs in the packages that the processes run with; nothing where nobody looked before."""
    known, found = before.get(family.facts.component), packages_of(family.pids)
    notes = Notes(recorder, "host", family.subject, family.facts.revision)
    changed = differences(known, found) if known and found else ()
    for one in changed[:MOST_PACKAGES]:
        notes.note("package.changed", one.model_dump(mode="json"), "against the time when it was last proven well")
    if known and found and not changed:
        notes.note("package.unchanged", value=True)
    return notes.taken


def _note_kills(notes: Notes, family: Family, kills: Mapping[int, str] | None) -> None:
    """Processes that the kernel killed because memory was short: by its log, or by the counter of their group."""
    memory = next((m for pid in family.pids if (m := cgroup.memory_of(pid))), None)
    pids = (pid for pid in (family.facts.pid, *family.pids) if pid is not None)
    # The log goes back to the boot, and numbers are used again: who lives was not killed.
    known = [pid for pid in pids if pid in (kills or {}) and not _lives(pid)]
    if known and kills:
        notes.note("host.kills", {"count": 1, "pid": known[0]}, kills[known[0]])
    elif memory is not None:
        words = f"counted by its control group, whose limit is {memory.limit} bytes; its whole life long"
        notes.note("host.kills", {"count": memory.kills, "pid": None}, words)
    elif kills is not None:
        notes.note("host.kills", {"count": 0, "pid": None}, "the kernel's log names none of its processes")


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _files(pid: int) -> dict[str, JsonValue] | None:
    """Open files against the limit; None for a process that may not be looked at."""
    try:
        opened = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        limit = psutil.Process(pid).rlimit(psutil.RLIMIT_NOFILE)[0]
    except (OSError, psutil.Error):
        return None
    return {"pid": pid, "open": opened, "limit": limit if 0 < limit < _NO_LIMIT else None}


def _share(files: Mapping[str, JsonValue]) -> float:
    opened, limit = files["open"], files["limit"]
    return opened / limit if isinstance(opened, int) and isinstance(limit, int) else 0.0


def _memory(pids: tuple[int, ...]) -> dict[str, JsonValue]:
    """What it holds, and the tightest of the limits that hold for it."""
    resident = sum(_of(pid, "rss") for pid in pids)
    group = next((m for pid in pids if (m := cgroup.memory_of(pid))), None)
    address = min((limit for pid in pids if (limit := _address_limit(pid))), default=None)
    return {
        "resident": resident,
        "group_used": group.used if group else None,
        "group_limit": group.limit if group else None,
        "address": max((_of(pid, "vms") for pid in pids), default=0),
        "address_limit": address,
    }


def _of(pid: int, name: str) -> int:
    try:
        return int(getattr(psutil.Process(pid).memory_info(), name))
    except psutil.Error:
        return 0


def _address_limit(pid: int) -> int | None:
    try:
        soft = psutil.Process(pid).rlimit(psutil.RLIMIT_AS)[0]
    except (OSError, psutil.Error):
        return None
    return soft if 0 < soft < _NO_LIMIT else None


def _clock(family: Family) -> Clock:
    quota = next((q for pid in family.pids if (q := cgroup.quota_of(pid))), None)
    return Clock(
        seconds=sum(map(_seconds, family.pids)),
        periods=quota.periods if quota else 0,
        throttled=quota.throttled if quota else 0,
    )


def _seconds(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return times.user + times.system


def _cpu(pids: tuple[int, ...], before: Clock, after: Clock, window_s: float) -> dict[str, JsonValue]:
    quota = next((q for pid in pids if (q := cgroup.quota_of(pid))), None)
    periods = after.periods - before.periods
    throttled = (after.throttled - before.throttled) / periods if periods > 0 else 0.0
    ever = quota.throttled / quota.periods if quota and quota.periods else 0.0
    return {
        "cores": round(max(0.0, after.seconds - before.seconds) / window_s, 2),
        "quota": round(quota.cores, 3) if quota else None,
        "throttled": round(throttled, 3),
        "throttled_ever": round(ever, 3),
        "machine_cores": psutil.cpu_count(),
        "nice": max((n for pid in pids if (n := _nice(pid)) is not None), default=0),
    }


def _nice(pid: int) -> int | None:
    try:
        return psutil.Process(pid).nice()
    except psutil.Error:
        return None


def _states(pids: tuple[int, ...]) -> dict[str, JsonValue]:
    states = Counter(letter for pid in pids for letter in _letters(pid))
    return {**states}


def _letters(pid: int) -> list[str]:
    """The kernel's letter for each thread."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []
    return [letter for task in tasks if (letter := _letter(task))]


def _letter(task: Path) -> str:
    try:
        return (task / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def _disk(disk: Disk) -> dict[str, JsonValue]:
    return {
        "folder": disk.folder,
        "free": disk.free,
        "total": disk.total,
        "files_free": disk.files_free,
        "read_only": disk.read_only,
    }

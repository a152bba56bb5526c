"""Limits of control groups, version 1 and 2: memory with its kills, and the share of time that a quota took away."""

from pathlib import Path

from goldenpath.facts import Record

ROOT = Path("/sys/fs/cgroup")
UNLIMITED = 1 << 60
"""Version 1 writes a number near 2^63 where there is no limit."""


class Memory(Record):
    """The memory of the nearest group that limits it."""

    limit: int
    used: int
    kills: int
    """Processes that the kernel killed here because the limit was reached."""


class Quota(Record):
    """The processor time of the nearest group that limits it."""

    cores: float
    """How many cores' time it may use."""
    periods: int
    throttled: int
    """Periods in which it was stopped until the next."""


def memory_of(pid: int) -> Memory | None:
    """The tightest memory limit over this process; None when no group limits it."""
    found = [m for folder in _folders(pid, "memory") if (m := _memory(folder))]
    return min(found, key=lambda m: m.limit, default=None)


def quota_of(pid: int) -> Quota | None:
    """The tightest processor quota over this process; None when no group limits it."""
    found = [q for folder in _folders(pid, "cpu") if (q := _quota(folder))]
    return min(found, key=lambda q: q.cores, default=None)


def _folders(pid: int, controller: str) -> list[Path]:
    """The group of the process and every group around it, innermost first."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    folders: list[Path] = []
    for line in lines:
        _, names, path = line.split(":", 2)
        if controller in names.split(","):
            folders += _upwards(ROOT / controller, path)
        elif not names:
            # Version 2 has one tree for all; beside version 1 it is mounted below `unified`.
            folders += [*_upwards(ROOT, path), *_upwards(ROOT / "unified", path)]
    return folders


def _upwards(root: Path, path: str) -> list[Path]:
    folder = root / path.strip("/")
    return [f for f in (folder, *folder.parents) if f == root or root in f.parents]


def _memory(folder: Path) -> Memory | None:
    limit = _number(folder, "memory.max") or _number(folder, "memory.limit_in_bytes")
    if limit is None or limit >= UNLIMITED:
        return None
    used = _number(folder, "memory.current") or _number(folder, "memory.usage_in_bytes") or 0
    events = {**_fields(folder, "memory.events"), **_fields(folder, "memory.oom_control")}
    return Memory(limit=limit, used=used, kills=events.get("oom_kill", 0))


def _quota(folder: Path) -> Quota | None:
    cores = _cores(folder)
    if cores is None:
        return None
    stat = _fields(folder, "cpu.stat")
    return Quota(cores=cores, periods=stat.get("nr_periods", 0), throttled=stat.get("nr_throttled", 0))


def _cores(folder: Path) -> float | None:
    words = _read(folder, "cpu.max").split()
    if words:
        return None if words[0] == "max" else int(words[0]) / int(words[1])
    quota, period = _number(folder, "cpu.cfs_quota_us"), _number(folder, "cpu.cfs_period_us")
    return quota / period if quota and period and quota > 0 else None


def _read(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="ascii")
    except OSError:
        return ""


def _number(folder: Path, name: str) -> int | None:
    text = _read(folder, name).strip()
    return int(text) if text.lstrip("-").isdigit() else None


def _fields(folder: Path, name: str) -> dict[str, int]:
    pairs = (line.split() for line in _read(folder, name).splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}  # noqa: PLR2004 - a name and its number

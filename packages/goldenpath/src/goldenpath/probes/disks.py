"""Where a process keeps its data, seen through its own mounts: room, and whether it may be written."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from goldenpath.facts import Record

_READ_ONLY = os.ST_RDONLY
_WRITES = os.O_WRONLY | os.O_RDWR
_NO_WRITES = frozenset({"ro", "emergency_ro", "shutdown"})
"""Options of a file system that takes no writes; after an error newer kernels tell so only here."""
_VIRTUAL = ("/proc", "/sys", "/dev")


class Disk(Record):
    """One file system that a process works in."""

    folder: str
    """As the process sees it."""
    total: int
    free: int
    """For it: of its bytes, without what is kept back for root."""
    files_free: int
    files_total: int
    read_only: bool


def disks_of(pids: Iterable[int]) -> tuple[Disk, ...]:
    """The file systems in which these processes stand or have files open for writing, one entry each."""
    found: dict[tuple[int, int], Disk] = {}
    for pid in pids:
        for folder in _folders(pid):
            if (disk := _disk(pid, folder)) is not None:
                found.setdefault(disk[0], disk[1])
    return tuple(found.values())


def _folders(pid: int) -> list[str]:
    """The working folder first, then those of files that are open for writing."""
    process = Path(f"/proc/{pid}")
    folders = [_target(process / "cwd")]
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:
        descriptors = []
    folders += [str(Path(_target(d)).parent) for d in descriptors if _is_written(process, d)]
    return [f for f in dict.fromkeys(folders) if f.startswith("/") and f != "/" and not f.startswith(_VIRTUAL)]


def _is_written(process: Path, descriptor: Path) -> bool:
    try:
        is_file = stat.S_ISREG(descriptor.stat().st_mode)
        flags = (process / "fdinfo" / descriptor.name).read_text(encoding="ascii")
    except OSError:
        return False
    words = flags.split()
    return is_file and bool(int(words[words.index("flags:") + 1], 8) & _WRITES)


def _disk(pid: int, folder: str) -> tuple[tuple[int, int], Disk] | None:
    seen = f"/proc/{pid}/root{folder}"
    try:
        room, device = os.statvfs(seen), Path(seen).stat().st_dev
    except OSError:
        return None
    disk = Disk(
        folder=folder,
        total=room.f_blocks * room.f_frsize,
        free=room.f_bavail * room.f_frsize,
        files_free=room.f_favail,
        files_total=room.f_files,
        read_only=bool(room.f_flag & _READ_ONLY) or not _NO_WRITES.isdisjoint(_options(pid, device)),
    )
    return (device, int(disk.read_only)), disk


def _options(pid: int, device: int) -> list[str]:
    """The options of the file system on this device, as the process has it mounted."""
    number = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = Path(f"/proc/{pid}/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    mounted = (line.split() for line in lines)
    return [option for words in mounted if words[2] == number for option in words[-1].split(",")]


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""

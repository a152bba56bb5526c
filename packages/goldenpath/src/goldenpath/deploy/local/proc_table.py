"""The kernel's table of processes: who descends from whom, who is stopped, and which process a pid really names."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
GONE = "ZX"
STOPPED = "Tt"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One living process."""

    pid: int
    state: str
    """The kernel's letter."""
    parent: int
    session: int
    start_ticks: int
    """Clock ticks since boot; a pid alone is used again, the pair is not."""


def table() -> tuple[Entry, ...]:
    """Every living process."""
    return tuple(_entries(path.name for path in PROC.iterdir() if path.name.isdigit()))


def entry(pid: int) -> Entry | None:
    """The living process of this pid."""
    return next(_entries([str(pid)]), None)


def family(entries: Iterable[Entry], leader: int, since_ticks: int) -> tuple[Entry, ...]:
    """A child with everything of its session and everything it started; also what is left when the child is gone.

    The session's number is the leader's pid, which may name a stranger once the whole family is gone: nobody older
    than the leader belongs to it.
    """
    listed = [e for e in entries if e.start_ticks >= since_ticks]
    reused = any(e.pid == leader and e.start_ticks != since_ticks for e in listed)
    if reused:
        return ()
    members = _with_descendants(listed, {e.pid for e in listed if leader in (e.pid, e.session)})
    return tuple(e for e in listed if e.pid in members)


def descendants(entries: Iterable[Entry], pid: int) -> tuple[Entry, ...]:
    """Everything below this living process, without itself."""
    listed = list(entries)
    members = _with_descendants(listed, {pid}) - {pid}
    return tuple(e for e in listed if e.pid in members)


def send(entries: Iterable[Entry], number: int) -> None:
    """Send a signal to these processes, as far as they still live."""
    for found in entries:
        with suppress(ProcessLookupError):
            os.kill(found.pid, number)


def boot_id() -> str:
    """Names this run of the kernel; pids of another run mean nothing."""
    return (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _with_descendants(listed: list[Entry], members: set[int]) -> set[int]:
    while below := {e.pid for e in listed if e.parent in members} - members:
        members = members | below
    return members


def _entries(pids: Iterable[str]) -> Iterator[Entry]:
    for pid in pids:
        try:
            stat = (PROC / pid / "stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        # The name in parentheses may hold anything; `state` is the first field after it.
        fields = stat.rpartition(")")[2].split()
        if fields[0] not in GONE:
            yield Entry(
                pid=int(pid),
                state=fields[0],
                parent=int(fields[1]),
                session=int(fields[3]),
                start_ticks=int(fields[19]),
            )

"""One server a data folder: a lock that the server's own processes keep, and that names who took it.

The lock is an open file that every process of the server inherits, so it is free only when the last of them has ended.
"""

import asyncio
import fcntl
import json
import os
from datetime import UTC, datetime
from pathlib import Path

from netra.embedded.failures import HeldError

FINISHING_S = 20.0
"""How long the processes of a killed launcher may take to end."""
POLL_S = 0.02


class Hold:
    """The lock on one data folder."""

    def __init__(self, descriptor: int) -> None:
        """Own this open, locked file."""
        self.descriptor = descriptor

    def release(self) -> None:
        """Let go; the lock is free once the server's processes have ended too."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


async def hold(data: Path, *, finishing_s: float = FINISHING_S) -> Hold:
    """Take the folder's lock; raises HeldError naming the process that has it.

    When that process is dead, its servers are ending because of it: wait for them.
    """
    file = data.with_name(f"{data.name}.lock")
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    deadline = asyncio.get_running_loop().time() + finishing_s
    try:
        while not _locked(descriptor):
            late = asyncio.get_running_loop().time() > deadline
            _refuse_living(data, _holder(descriptor), late=late)
            await asyncio.sleep(POLL_S)
    except BaseException:
        os.close(descriptor)
        raise
    _sign(descriptor)
    return Hold(descriptor)


def start_ticks(pid: int) -> int:
    """When the process started, in clock ticks since boot; 0 if it is gone or only waits to be reaped.

    With the pid it names one process for good: a pid alone is used again.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    # The name in parentheses may hold spaces; `state` is the first field after it, `starttime` the twentieth.
    fields = stat.rpartition(")")[2].split()
    return 0 if fields[0] in {"Z", "X"} else int(fields[19])


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _refuse_living(data: Path, holder: tuple[int, int, str], *, late: bool) -> None:
    pid, started, since = holder
    if late or start_ticks(pid) == started:
        raise HeldError(data, pid=pid, since=since)


def _holder(descriptor: int) -> tuple[int, int, str]:
    """Pid, start and time of the holder; zeros while it has not signed yet."""
    try:
        record = json.loads(os.pread(descriptor, 4096, 0))
    except json.JSONDecodeError:
        return 0, -1, ""
    return record["pid"], record["started"], record["since"]


def _sign(descriptor: int) -> None:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    record = {"pid": os.getpid(), "started": start_ticks(os.getpid()), "since": since}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(record).encode(), 0)

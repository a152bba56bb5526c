"""What the kernel said of processes that it killed because memory was short; readable by root on most machines."""

import os
import re
from contextlib import suppress
from pathlib import Path

LOG = Path("/dev/kmsg")
_KILL = re.compile(r"Killed process (\d+) \(")
_LONGEST = 8192


def killed_for_memory() -> dict[int, str] | None:
    """The kernel's own words on each process that it killed for memory since it booted, by pid; None if unreadable."""
    found: dict[int, str] = {}
    try:
        log = os.open(LOG, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        # Each read gives one record; at the end there is nothing to read for now.
        with suppress(BlockingIOError):
            while record := _record(log):
                if killed := _KILL.search(record):
                    found[int(killed[1])] = record.partition(";")[2].splitlines()[0]
    finally:
        os.close(log)
    return found


def _record(log: int) -> str:
    try:
        return os.read(log, _LONGEST).decode(errors="replace")
    except BrokenPipeError:
        # Records that were overwritten while reading: the next read goes on behind them.
        return " "

"""The supervisor's parent: it only waits, and ends whatever is left when the supervisor dies, however it dies.

A supervisor that is killed takes its own children with it; what these had started would go on without the guardian.
"""

import ctypes
import os
import signal
import time
from contextlib import suppress

from goldenpath.deploy.local.proc_table import descendants, send, table

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
POLITE_S = 3.0
POLL_S = 0.02
_LIBC = ctypes.CDLL(None)
"""Loaded before any fork: loading a library between fork and exec is not safe."""


def guard(supervisor: int) -> None:
    """Wait for the end of the supervisor, then end everything below us."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    let_go(os.devnull)
    os.waitpid(supervisor, 0)
    end_descendants()


def end_descendants() -> None:
    """End everything below us, politely at first."""
    deadline, number = time.monotonic() + POLITE_S, signal.SIGTERM
    while left := descendants(table(), os.getpid()):
        send(left, number)
        number = signal.SIGKILL if time.monotonic() > deadline else signal.Signals(signal.SIGCONT)
        time.sleep(POLL_S)
        _reap()


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent has died."""
    _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(number: int) -> None:
    """Have the kernel send this signal when the parent's thread that made this process ends, however it ends."""
    _LIBC.prctl(PR_SET_PDEATHSIG, number)


def let_go(output: str) -> None:
    """Read nothing, and write to this file, from now on: whoever started us waits for our pipes to close."""
    out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.close(out)
    os.close(null)


def _reap() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass

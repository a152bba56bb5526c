"""A child process that cannot outlive us, is ready when it says so, and whose own words end every failure.

Call `start` from the main thread: the kernel's death signal follows the thread that forked, not its process.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretBytes

from netra.embedded.failures import Component, ServerError

PR_SET_PDEATHSIG = 1
TAIL_BYTES = 4000
TAIL_LINES = 6
POLL_S = 0.02
STOP_S = 15.0
# Loaded before any fork: loading takes locks that another thread may hold at that moment.
_LIBC = ctypes.CDLL(None)


class Launch(BaseModel):
    """How to start one process."""

    model_config = ConfigDict(frozen=True)

    component: Component
    argv: tuple[str, ...]
    log: Path | None
    """Where its output goes; None: to ours."""
    config: SecretBytes = SecretBytes(b"")
    """Written to its stdin, so that passwords stay out of the command line."""
    environ: dict[str, str] | None = None
    user: int | None = None
    group: int | None = None
    inherit: tuple[int, ...] = ()
    """Open files it keeps."""
    stop_signal: signal.Signals = signal.SIGTERM
    cwd: str = "/"
    hint: str = ""
    """What to do when it does not start."""


class Child:
    """One running process."""

    def __init__(self, launch: Launch, process: subprocess.Popen[bytes], log_start: int) -> None:
        """See `start`."""
        self.launch = launch
        self.process = process
        self._log_start = log_start

    @property
    def component(self) -> Component:
        """What runs there."""
        return self.launch.component

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self.process.poll()

    def tail(self) -> str:
        """The last that this start wrote to its log, on one line."""
        if self.launch.log is None:
            return ""
        with self.launch.log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, size - TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
        return " | ".join([line.strip() for line in lines if line.strip()][-TAIL_LINES:])

    async def ready(self, probe: Callable[[], Awaitable[bool]], *, within_s: float) -> None:
        """Wait until the probe succeeds; raises ServerError when the process ends first or time runs out."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        while not await probe():
            if (code := self.exit_code()) is not None:
                raise self.failure(f"ended with exit code {code} before it was ready")
            if loop.time() > deadline:
                raise self.failure(f"not ready within {within_s:g} s")
            await asyncio.sleep(POLL_S)

    def failure(self, message: str) -> ServerError:
        """An error with this message and the process's last words."""
        return ServerError(message, component=self.component, tail=self.tail(), hint=self.launch.hint)

    async def finished(self) -> int:
        """Wait for it to end by itself, and return its exit code."""
        while (code := self.exit_code()) is None:  # noqa: ASYNC110 - a process end has no event without a second thread
            await asyncio.sleep(POLL_S)
        return code

    async def stop(self, *, within_s: float = STOP_S) -> None:
        """End it in its own orderly way, or kill it when that takes too long."""
        if self.exit_code() is None:
            self.process.send_signal(self.launch.stop_signal)
        try:
            await asyncio.wait_for(self.finished(), within_s)
        except TimeoutError:
            self.process.kill()
            await self.finished()


def start(launch: Launch) -> Child:
    """Start the process; it receives its stop signal when our thread ends, however that comes about."""
    with contextlib.ExitStack() as opened:
        output = None if launch.log is None else opened.enter_context(launch.log.open("ab"))
        log_start = output.tell() if output else 0
        process = subprocess.Popen(
            launch.argv,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=launch.cwd,
            env=launch.environ,
            user=launch.user,
            group=launch.group,
            extra_groups=None if launch.user is None else [],
            pass_fds=launch.inherit,
            # Ctrl-C reaches every process of a terminal's group at once; we end ours one after the other.
            process_group=0,
            # The change of user clears the death signal, and Popen makes it first.
            preexec_fn=die_with_parent(launch.stop_signal),  # noqa: PLW1509 - nothing in it takes a lock
        )
    if process.stdin:
        # A process that ended at once is reported by `ready`, with its own words.
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(launch.config.get_secret_value())
    return Child(launch, process, log_start)


def die_with_parent_now() -> None:
    """Ask the kernel to end this very process, in order, when its parent's thread ends."""
    parent = os.getppid()
    _LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def die_with_parent(death: signal.Signals) -> Callable[[], None]:
    """What a child runs before its program: ask the kernel for this signal at our death, and see that we still live."""
    parent = os.getpid()

    def prepare() -> None:
        _LIBC.prctl(PR_SET_PDEATHSIG, int(death), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare

"""One child process: started so that it cannot outlive the supervisor, its output read to the last byte."""

import asyncio
import os
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from goldenpath.deploy.local.child_log import MAX_TEXT, ChildLog, Origin
from goldenpath.deploy.local.guardian import die_with_parent
from goldenpath.deploy.local.proc_table import STOPPED, Entry, entry, family
from goldenpath.deploy.local.wire import ChildInfo, ChildSpec

READ_BYTES = 64 * 1024


class Child:
    """A running or ended process of a component. Make it on the main thread: see `_die_with`."""

    def __init__(self, spec: ChildSpec) -> None:
        """Start it; raises OSError when the program cannot be executed."""
        self.spec = spec
        origin = Origin(component=spec.component, revision=spec.revision, replica=spec.replica)
        self.log = ChildLog(Path(spec.log), origin)
        supervisor = os.getpid()
        try:
            self._process = subprocess.Popen(
                spec.command,
                env=spec.environ,
                cwd=spec.cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                preexec_fn=lambda: _die_with(supervisor),  # noqa: PLW1509 - no other thread exists in the supervisor
            )
        except OSError as error:
            self.log.note("process not started", "error", program=spec.command[0], error=str(error))
            self.log.close()
            raise
        self.pid = self._process.pid
        self.started_at = datetime.now(UTC)
        found = entry(self.pid)
        self.start_ticks = found.start_ticks if found else 0
        self.log.note("process started", pid=self.pid, program=spec.command[0])
        self._outputs = [self._output(self._process.stdout, "stdout"), self._output(self._process.stderr, "stderr")]
        self.ended = asyncio.Event()
        self.ready = False
        self.asked_to_end = False

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.returncode

    def reap(self) -> None:
        """Notice that it has ended; what it wrote before is in the log by then."""
        if self.ended.is_set() or self._process.poll() is None:
            return
        for output in self._outputs:
            output.drain()
        code = self._process.returncode
        level = "error" if code and not self.asked_to_end else "info"
        self.log.note("process ended", level, pid=self.pid, exit_code=code, asked=self.asked_to_end)
        self.ended.set()

    def send(self, number: int) -> None:
        """Send a signal to the first process, if it still runs."""
        self._process.send_signal(number)

    def close(self) -> None:
        """Let go of pipes and log of an ended process."""
        for output in self._outputs:
            output.close()
        self.log.close()

    def relatives(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """Itself and everything it started, as far as it is alive."""
        return family(entries, self.pid, self.start_ticks)

    def info(self, entries: tuple[Entry, ...]) -> ChildInfo:
        """How it is."""
        return ChildInfo(
            component=self.spec.component,
            replica=self.spec.replica,
            revision=self.spec.revision,
            pid=self.pid,
            start_ticks=self.start_ticks,
            started_at=self.started_at.isoformat(),
            exit_code=self.exit_code,
            ready=self.ready,
            frozen=any(e.state in STOPPED for e in self.relatives(entries)),
            log=self.spec.log,
        )

    def _output(self, pipe: IO[bytes] | None, stream: str) -> "Output":
        if pipe is None:
            raise ValueError(stream)
        return Output(pipe, self.log, stream)


class Output:
    """Reads one pipe of a child without ever blocking, and hands whole lines to its log."""

    def __init__(self, pipe: IO[bytes], log: ChildLog, stream: str) -> None:
        """Read whenever there is something."""
        self._pipe = pipe
        self._log = log
        self._stream = stream
        self._rest = b""
        os.set_blocking(pipe.fileno(), False)
        asyncio.get_running_loop().add_reader(pipe.fileno(), self._read)

    def drain(self) -> None:
        """Read everything that is there, the last line even without its end."""
        while self._read():
            pass
        self._log.lines(self._stream, [self._rest])
        self._rest = b""

    def close(self) -> None:
        """Stop reading."""
        if not self._pipe.closed:
            asyncio.get_running_loop().remove_reader(self._pipe.fileno())
            self._pipe.close()

    def _read(self) -> bool:
        """Read once; False when there is nothing more for now."""
        if self._pipe.closed:
            return False
        try:
            data = os.read(self._pipe.fileno(), READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self.close()
            return False
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_TEXT:
            whole, self._rest = [*whole, self._rest], b""
        self._log.lines(self._stream, whole)
        return True


def _die_with(supervisor: int) -> None:
    """In the child, before its program: have the kernel kill it when the supervisor's main thread ends, however.

    SIGKILL, because a stopped process does not hear any other signal.
    """
    die_with_parent(signal.SIGKILL)
    if os.getppid() != supervisor:
        os._exit(1)

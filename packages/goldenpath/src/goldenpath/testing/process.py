"""pytest in a process of its own, bounded in time; what it says arrives line by line."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from goldenpath.facts import Record
from goldenpath.testing.lines import LINES, Line

PAUSE_S = 0.03
GRACE_S = 2.0
TAIL = 4000


class PytestCall(Record):
    """One call of pytest."""

    project: Path
    arguments: tuple[str, ...]
    session: Path
    lines: Path
    output: Path
    seconds: float


class PytestProcess:
    """Runs the call; iterate over `said()` until it ends, then read `timed_out` and `exit_code`."""

    def __init__(self, call: PytestCall) -> None:
        """Prepare the call; nothing runs yet."""
        self._call = call
        self._offset = 0
        self.timed_out = False
        self.exit_code: int | None = None

    async def said(self) -> AsyncIterator[Line]:
        """Each line as it is written; the process and its children are gone when this ends, however it ends."""
        with self._call.output.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "pytest",
                *self._call.arguments,
                cwd=self._call.project,
                env=pytest_environ(os.environ, self._call.session),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            ended = asyncio.ensure_future(process.wait())
            async for line in self._followed(ended):
                yield line
        finally:
            await _stop(process)
            self.exit_code = process.returncode

    async def _followed(self, ended: "asyncio.Future[int]") -> AsyncIterator[Line]:
        deadline = asyncio.get_running_loop().time() + self._call.seconds
        while not ended.done() and not self.timed_out:
            await asyncio.wait([ended], timeout=PAUSE_S)
            self.timed_out = asyncio.get_running_loop().time() > deadline and not ended.done()
            for line in self._fresh():
                yield line
        for line in self._fresh():
            yield line

    def _fresh(self) -> Sequence[Line]:
        if not self._call.lines.exists():
            return ()
        with self._call.lines.open("rb") as file:
            file.seek(self._offset)
            read = file.read()
        whole = read[: read.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [LINES.validate_json(line) for line in whole.splitlines()]

    def tail(self) -> str:
        """The end of what pytest printed."""
        return self._call.output.read_text(encoding="utf-8", errors="replace")[-TAIL:]


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End the whole process group: workers of xdist and commands of tests included."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        if number == signal.SIGTERM:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), GRACE_S)
    await process.wait()


def pytest_environ(environ: Mapping[str, str], session: Path) -> dict[str, str]:
    """This process' environment without what another pytest left in it, and with the session."""
    kept = {name: value for name, value in environ.items() if not name.startswith(("PYTEST_", "GOLDENPATH_"))}
    return {**kept, "GOLDENPATH_TARGET": str(session), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

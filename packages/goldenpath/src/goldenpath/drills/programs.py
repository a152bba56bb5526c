"""Programs that a drill runs beside the system: a stand-in for a provider, a load, a squatter on a port."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from goldenpath.deploy.local.site import process_environ
from goldenpath.drills.injections import RunProgram
from goldenpath.drills.ports import free_port, until_listening
from goldenpath.errors import StateError
from goldenpath.manifest.fill import fill

READY_S = 20.0
END_S = 5.0


async def run(
    injection: RunProgram, good: Mapping[str, str], project: Path, stack: AsyncExitStack
) -> tuple[int, dict[str, str]]:
    """Start the program, and end it when the stack is left; returns its port, and what its changes are, filled in.

    StateError when it cannot be started, or does not listen.
    """
    port = free_port()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drill-")))
    names = {"port": str(port), "project": str(project)} | _written(injection.files, folder)
    own = {name: fill(value, names) for name, value in injection.variables.items()}
    command = [fill(word, names) for word in injection.run]
    try:
        process = await _started(command, process_environ({**good, **own}), project, folder / "output")
    except OSError as error:
        raise StateError(f"cannot be started: {error.strerror}", where=" ".join(injection.run)) from error
    stack.push_async_callback(_end, process)
    if injection.listens:
        try:
            await until_listening(port, READY_S)
        except TimeoutError as error:
            said = (folder / "output").read_text(encoding="utf-8", errors="replace")[-400:]
            raise StateError(f"it does not listen on its port: {said}", where=" ".join(injection.run)) from error
    return port, {name: fill(value, names) for name, value in injection.changes.items()}


async def _started(
    command: list[str], environ: Mapping[str, str], folder: Path, output: Path
) -> asyncio.subprocess.Process:
    with output.open("wb") as file:
        return await asyncio.create_subprocess_exec(
            *command,
            env=environ,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )


def _written(files: Mapping[str, str], folder: Path) -> dict[str, str]:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {f"file:{name}": str(folder / name) for name in files}


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask the program and all it started to end, and insist."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), END_S)
            return

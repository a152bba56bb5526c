"""Operator commands of the system, run in a revision's environment."""

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress

from goldenpath.deploy.local.site import Site, process_environ
from goldenpath.deploy.local.values import masked
from goldenpath.deploy.target import CommandResult
from goldenpath.manifest.names import Command

LIMIT_S = 300.0
"""A command that takes longer is ended."""
NOT_FOUND = 127
"""The exit code of a program that does not exist, as in a shell."""


async def run_command(site: Site, command: Command, environ: Mapping[str, str]) -> CommandResult:
    """Run it to its end; a program that cannot be started is an exit code, too."""
    began = time.perf_counter()
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=process_environ(dict(environ)),
            cwd=site.project,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        return CommandResult(command=command, exit_code=NOT_FOUND, stdout="", stderr=str(error), seconds=0.0)
    try:
        out, err = await asyncio.wait_for(process.communicate(), LIMIT_S)
    except TimeoutError:
        out, err = b"", f"not done within {LIMIT_S:g} s".encode()
    finally:
        await _end(process)
    return CommandResult(
        command=command,
        exit_code=process.returncode or 0,
        stdout=out.decode(errors="replace"),
        stderr=masked(site, err.decode(errors="replace")),
        seconds=round(time.perf_counter() - began, 3),
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave nothing behind, also when we are interrupted."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

"""Programs that a drill runs beside the system: found as the system's own are, and missed with a clear word."""

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from goldenpath.drills import programs
from goldenpath.drills.injections import RunProgram
from goldenpath.errors import StateError

LISTENS = "import http.server, sys; http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), None).serve_forever()"


async def test_a_program_of_our_own_installation_is_found_wherever_the_caller_looks_for_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    look = f'command -v goldenpath > found; exec python -c "{LISTENS}" {{port}}'
    async with AsyncExitStack() as stack:
        await programs.run(RunProgram(type="program", run=("sh", "-c", look)), {}, tmp_path, stack)
        found = (tmp_path / "found").read_text().strip()
    assert Path(found).parent == Path(sys.executable).parent


async def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        with pytest.raises(StateError, match="cannot be started: No such file") as refused:
            await programs.run(RunProgram(type="program", run=("no-such-program", "x")), {}, tmp_path, stack)
    assert refused.value.where == "no-such-program x"


async def test_a_program_that_listens_has_ended_when_the_drill_is_over(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        port, _ = await programs.run(
            RunProgram(type="program", run=("python", "-c", LISTENS, "{port}")), {}, tmp_path, stack
        )
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)

"""Whoever starts a process waits until it says that it is ready, however little else it may log."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from netra_doors import opened, until, written

NETRA = str(Path(sys.executable).parent / "netra")


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written(log).splitlines()]


@pytest.mark.parametrize("level", ["warning", "error"])
async def test_a_worker_says_that_it_is_ready_and_nothing_else(
    environ: Mapping[str, str], tmp_path: Path, level: str
) -> None:
    log = tmp_path / "worker.log"
    variables = {"PATH": os.environ["PATH"], **environ, "LOG_LEVEL": level}
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(NETRA, "worker", env=variables, stderr=stderr)
    try:
        await until(lambda: '"event":"ready"' in written(log) or process.returncode is not None)
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)
    assert [(line["event"], line["component"], line["level"]) for line in lines(log)] == [("ready", "worker", "info")]


async def test_a_web_process_says_that_it_is_ready_and_nothing_else(environ: Mapping[str, str], tmp_path: Path) -> None:
    async with opened({**environ, "LOG_LEVEL": "error"}, tmp_path) as door:
        answer = await door.http.get("/health/live")
        assert answer.status_code == 200
        said = [(line["event"], line["component"], line["address"]) for line in door.lines()]
    assert said == [("ready", "web", str(door.http.base_url).rstrip("/"))]

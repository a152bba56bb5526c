"""Other agent servers, started and loaded by the scripts of a peers folder; nothing of them is here."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

from records import Figure, Latency, Load, Memory, Missing, Options, Start
from servers import HERE, PACED, PAUSE_S

from netra.embedded.process import die_with_parent

NAMES = ("bare", "pai", "agno", "agno-durable")
DURABLE = {"agno-durable"}
"""Peers that promise to bring a run to its end after their process died."""
KINDS = {
    ("bare", "bare"): "FastAPI + SSE, no agents, nothing stored (the floor)",
    ("pai", "pai"): "Pydantic AI + AG-UI, nothing stored",
    ("agno", "agno"): "Agno, plain stream, SQLite",
    ("agno", "agnobg"): "Agno, background run, SQLite",
    ("agno-durable", "agnobg"): "Agno, durable queue, PostgreSQL",
}
LIMIT_S = 900.0


async def peers(scripts: Path, work: Path, options: Options) -> list[Figure]:
    """Load each peer with the same numbers of clients and runs; environments are made when they are missing."""
    bench = (str(scripts / "bench.py"), "--work", str(work), "--peers", ",".join(NAMES))
    await _script(*bench, "install")
    await _compiled(work)
    loads = ("--conc", _listed(options.clients), "--runs", _listed(options.runs))
    lines = await _script(*bench, *loads, "load")
    return [figure for line in lines for figure in _figures(line, "")]


async def paced(scripts: Path, work: Path, options: Options) -> list[Figure]:
    """Load the same peers with a model that waits before each piece."""
    numbers = (str(options.clients[-1]), str(options.runs[-1]), str(PAUSE_S))
    lines = await _script(str(HERE / "paced_peers.py"), str(scripts), str(work), ",".join(NAMES), *numbers)
    return [figure for line in lines for figure in _figures(line, PACED)]


def _listed(numbers: tuple[int, ...]) -> str:
    return ",".join(str(number) for number in numbers)


async def _script(*arguments: str) -> list[dict[str, Any]]:
    """The JSON lines of one call; what went wrong is said by the lines themselves."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    async with asyncio.timeout(LIMIT_S):
        said, _ = await process.communicate()
    return [json.loads(line) for line in said.decode().splitlines() if line.startswith("{")]


async def _compiled(work: Path) -> None:
    """Compile what was installed, as our own modules are: the scripts forbid Python to keep what it compiles."""
    for python in sorted((work / "venvs").glob("*/bin/python")):
        packages = str(python.parents[1] / "lib")
        compiling = await asyncio.create_subprocess_exec(str(python), "-m", "compileall", "-qq", packages)
        await compiling.wait()


def _figures(line: dict[str, Any], how: str) -> list[Figure]:
    peer = line.get("peer", "")
    if "failed" in line or "error" in line:
        return [Missing(what=peer, why=str(line.get("failed") or line["error"]))]
    if "runs_per_s" in line:
        return [_load(peer, line, how)]
    if "ready_s" in line:
        seconds = line["ready_s"]
        start = Start(what=f"peer {peer}, databases apart", state="cold", seconds=(seconds,), median_s=seconds)
        return [start, Memory(subject=peer, when="idle", pss_mib={"server": line["pss_mb"]})]
    if "pss_mb_after" in line:
        return [Memory(subject=peer, when="after load", pss_mib={"server": line["pss_mb_after"]})]
    return []


def _load(peer: str, line: dict[str, Any], how: str) -> Load:
    return Load(
        subject=KINDS.get((peer, line["kind"]), f"{peer} {line['kind']}") + how,
        durable=peer in DURABLE,
        door="sse",
        clients=line["conc"],
        runs=line["runs"],
        errors=line["errors"],
        runs_per_s=line["runs_per_s"],
        first_event_ms=Latency(p50=line["ttfe_p50_ms"]),
        first_text_ms=Latency(p50=line["ttft_p50_ms"]),
        run_ms=Latency(p50=line["run_p50_ms"], p99=line["run_p99_ms"]),
        events_per_run=line["events_per_run"],
        text_events_per_run=line["text_events_per_run"],
        cpu_ms_per_run={"server": line["server_cpu_ms_per_run"]},
    )

"""What metrics and traces cost: CPU time of a run with neither, with metrics, and with metrics and traces.

    uv run python benchmarks/telemetry.py [--rounds 5] [--clients 16] [--runs 160]

All ways serve at once and are loaded in turns, so that what disturbs the machine disturbs all of them. JSON lines go to
stdout, the table to stderr.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import click
import load
from processes import Others
from records import Disturbance, Load
from servers import HERE, QUESTION, SCRIPTED, Served, Subject, served

from netra.embedded.ports import free_port
from netra.embedded.process import Launch, start

UNMETERED = (sys.executable, str(HERE / "unmetered.py"))
SETTLE_S = 3.0
"""Spans leave each second: what a load left behind belongs to no other."""
NEITHER, METRICS, TRACES, AWAY = "neither", "metrics", "metrics and traces", "the same, collector away"


def subjects(collector: str) -> Mapping[str, Subject]:
    """The ways that are compared, by short names; all do what the peers do."""
    traced = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector}
    away = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}"}

    def subject(name: str, environ: Mapping[str, str]) -> Subject:
        return Subject(name=name, question=QUESTION, worker=SCRIPTED, data=False, environ=environ)

    unmetered = Subject(
        name=NEITHER, question=QUESTION, web=(*UNMETERED, "web"), worker=(*UNMETERED, "worker"), data=False
    )
    return {
        "neither": unmetered,
        "metrics": subject(METRICS, {}),
        "traces": subject(TRACES, traced),
        "away": subject(AWAY, away),
    }


@click.command()
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1), help="Loads of each way.")
@click.option("--clients", default=16, show_default=True, type=click.IntRange(1), help="Clients at once.")
@click.option("--runs", default=160, show_default=True, type=click.IntRange(1), help="Runs of one load.")
@click.option("--ways", default="neither,metrics,traces,away", show_default=True, help="Which, in this order.")
def main(*, rounds: int, clients: int, runs: int, ways: str) -> None:
    """Measure, print JSON lines, then the table."""
    with tempfile.TemporaryDirectory(prefix="netra-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, PostgreSQL runs as another user, who must be able to enter
        loads = asyncio.run(_measured(folder, ways.split(","), rounds, (clients, runs)))
    print(table(loads), file=sys.stderr)


async def _measured(folder: Path, names: Sequence[str], rounds: int, size: tuple[int, int]) -> list[Load]:
    port = free_port()
    argv = (sys.executable, str(HERE / "sink.py"), str(port))
    async with AsyncExitStack() as running:
        sink = start(Launch(component="web", argv=argv, log=folder / "sink.out", environ={}, cwd=str(folder)))
        running.push_async_callback(sink.stop)
        known = subjects(f"http://127.0.0.1:{port}")
        ways = [await running.enter_async_context(served(known[name], folder / name)) for name in names]
        others = Others([sink.pid, *(pid for way in ways for pid in way.pids.values())])
        # There and back: who comes later in a round comes earlier in the next.
        turns = [ways[:: 1 if number % 2 == 0 else -1] for number in range(rounds)]
        found = [found for turn in turns for found in await _round(turn, *size)]
        print(Disturbance(during="all", share=others.share()).model_dump_json(), flush=True)
    return found


async def _round(ways: Sequence[Served], clients: int, runs: int) -> list[Load]:
    found: list[Load] = []
    for way in ways:
        await asyncio.sleep(SETTLE_S)
        measured = await load.measure(way, "ws", clients, runs)
        print(measured.model_dump_json(), flush=True)
        found.append(measured)
    return found


def table(loads: Sequence[Load]) -> str:
    """Medians over the rounds, and what each way adds to the one before it."""
    lines = [f"{'telemetry':28}{'runs/s':>8}{'web':>8}{'worker':>8}{'server CPU ms/run':>20}{'more':>8}"]
    base = 0.0
    for name in dict.fromkeys(found.subject for found in loads):
        own = [found for found in loads if found.subject == name]
        rate = statistics.median(found.runs_per_s for found in own)
        web, worker, server = (
            statistics.median(found.cpu_ms_per_run[part] for found in own) for part in ("web", "worker", "server")
        )
        base = base or server
        lines.append(f"{name:28}{rate:8.0f}{web:8.2f}{worker:8.2f}{server:20.2f}{server / base - 1:8.0%}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

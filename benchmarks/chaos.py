"""Cuts everything that can be cut while people watch their runs, then counts what was lost: it must be nothing.

    uv run python benchmarks/chaos.py [--cuts 10000] [--seed 1] [--webs 2] [--workers 2] [--clients 24]

The JSON result goes to stdout, progress to stderr; ends with 1 when anything is lost, doubled, reordered, stuck or
repeated, when a process logged an error, or when another worker needed more than ten seconds to go on with a run.
"""

import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from chaos_check import DEFECTS, Checked, by_kind, faults, judged, take_overs
from chaos_client import Person
from chaos_cluster import Cluster, cluster
from chaos_cuts import Cutter
from pydantic import BaseModel, ConfigDict

from netra.settings.contract import load
from netra.stores import postgres

TAKE_OVER_S = 10.0
TELL_S = 5.0


class Options(BaseModel):
    """What is cut, and how often."""

    model_config = ConfigDict(frozen=True)

    cuts: int
    rounds: int
    seed: int
    webs: int
    workers: int
    clients: int
    pause_ms: float
    seconds: float
    kinds: tuple[str, ...]


@click.command()
@click.option("--cuts", default=10_000, show_default=True, type=click.IntRange(1), help="Cuts of all kinds together.")
@click.option("--rounds", default=1, show_default=True, help="At least so often each kind of process is cut.")
@click.option("--seed", default=1, show_default=True, help="Of what is random: the same cuts, at other moments.")
@click.option("--webs", default=2, show_default=True, type=click.IntRange(2), help="Web processes.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(2), help="Worker processes.")
@click.option("--clients", default=24, show_default=True, type=click.IntRange(1), help="People who ask at once.")
@click.option("--pause-ms", default=40.0, show_default=True, help="Between two words of an answer.")
@click.option("--seconds", default=1800.0, show_default=True, help="Stop cutting after so long, however few they were.")
@click.option("--kinds", default="", help="Which processes are cut, comma-separated; all by default.")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep logs and databases in this folder.")
def main(*, kinds: str, keep: Path | None, **given: object) -> None:
    """Cut, count, and end with 1 when anything went wrong."""
    options = Options.model_validate({**given, "kinds": tuple(kind for kind in kinds.split(",") if kind)})
    with tempfile.TemporaryDirectory(prefix="netra-chaos-") as name:
        folder = keep or Path(name)
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        folder.chmod(0o755)  # as root, PostgreSQL runs as another user, who must be able to enter
        result = asyncio.run(_run(options, folder))
    print(json.dumps(result, indent=1))
    sys.exit(0 if result["passed"] else 1)


async def _run(options: Options, folder: Path) -> dict[str, Any]:
    rng = random.Random(options.seed)  # noqa: S311 - nothing secret
    cuts: Counter[str] = Counter()
    async with cluster(folder, webs=options.webs, workers=options.workers, pause_s=options.pause_ms / 1000) as deployed:
        people = await _people(options, deployed, rng, cuts)
        cutter = Cutter(cluster=deployed, settings=load(deployed.environ).postgres, rng=rng, cuts=cuts)
        began = time.perf_counter()
        await _cut(options, people, cutter)
        took = time.perf_counter() - began
        async with postgres.pool(cutter.settings, max_size=4) as pool:
            await asyncio.gather(*(person.log_in() for person in people))
            checked = await judged(people, pool, deployed.journal)
    return _result(options, cutter, checked, people, took)


async def _people(options: Options, deployed: Cluster, rng: random.Random, cuts: Counter[str]) -> list[Person]:
    closes: Counter[int] = Counter()
    people = [
        Person(
            addresses=deployed.addresses,
            rng=random.Random(rng.random()),  # noqa: S311 - nothing secret
            cuts=cuts,
            seen_closes=closes,
        )
        for _ in range(options.clients)
    ]
    for person in people:
        await person.register()
    async with postgres.pool(load(deployed.environ).postgres, max_size=1) as pool:
        await pool.execute("update users set plan = 'enterprise'")
    return people


async def _cut(options: Options, people: Sequence[Person], cutter: Cutter) -> None:
    """Until there were enough cuts; then everybody's last run is let come to its end."""
    stop = asyncio.Event()
    kinds = list(options.kinds) or list(cutter.kinds())
    cutting = asyncio.create_task(cutter.run(kinds, stop))
    living = [asyncio.create_task(person.live(stop)) for person in people]
    began = told = time.perf_counter()
    while _few(options, cutter) and time.perf_counter() - began < options.seconds:
        await asyncio.sleep(0.1)
        for task in (cutting, *living):
            if task.done():
                await task
        if time.perf_counter() - told > TELL_S:
            told = time.perf_counter()
            asked = sum(len(person.asked) for person in people)
            ended = sum(ask.ended for person in people for ask in person.asked)
            print(f"{told - began:4.0f} s: {cutter.cuts.total()} cuts, {ended} of {asked} runs", file=sys.stderr)
    stop.set()
    await cutting
    for person in people:
        person.calm = True
    await asyncio.gather(*living)


def _few(options: Options, cutter: Cutter) -> bool:
    return cutter.cuts.total() < options.cuts or cutter.rounds < options.rounds


def _result(
    options: Options, cutter: Cutter, checked: Sequence[Checked], people: Sequence[Person], took: float
) -> dict[str, Any]:
    totals = {name: sum(run.defects.get(name, 0) for run in checked) for name in DEFECTS}
    seconds = take_overs(checked, cutter.held)
    logged = faults(cutter.cluster.folder)
    late = sum(one > TAKE_OVER_S for one in seconds)
    broken = [run for run in checked if run.defects]
    return {
        "passed": not any(totals.values()) and not late and not logged,
        "options": options.model_dump(),
        "seconds": round(took, 1),
        "cuts": {"all": cutter.cuts.total(), **dict(sorted(cutter.cuts.items()))},
        "runs": len(checked),
        "events": sum(len(run.ask.received) for run in checked),
        **totals,
        "faults": dict(logged),
        "take_over_s": {
            "count": len(seconds),
            "median": round(statistics.median(seconds), 2) if seconds else None,
            "max": round(seconds[-1], 2) if seconds else None,
            "over_10_s": late,
        },
        "ends": dict(Counter(run.last for run in checked)),
        "closes": {str(code): count for code, count in people[0].seen_closes.items()},
        "by_kind": by_kind(checked, cutter.downs),
        "broken": [{"run": run.ask.run_id, "end": run.last, "why": run.notes, **run.defects} for run in broken[:20]],
    }


if __name__ == "__main__":
    main()

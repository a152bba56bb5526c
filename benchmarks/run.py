"""netra measured, beside other agent servers when their scripts are given: one command, one run, one machine.

    uv run python benchmarks/run.py [--peers FOLDER] [--runs 40,160] [--out FILE]

JSON lines go to stdout as they are measured, then tables to stderr; --out keeps the lines too.
"""

import asyncio
import os
import platform
import resource
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import click
import load
import psutil
from lasting import EXTRAS
from peers import paced, peers
from processes import Others, pss_mib
from records import Disturbance, Figure, Machine, Memory, Options, Sockets, When
from servers import AGAIN, SAME_PACE, SAME_WORK, SUBJECTS, Served, Subject, served
from starts import starts
from tables import ratios, tables

KIB_PER_MIB = 1024
SETTLE_S = 1.5
"""After a start and after a load, before memory is read."""


def numbers(_context: click.Context, _option: click.Parameter, text: str) -> tuple[int, ...]:
    """Comma-separated numbers."""
    return tuple(int(number) for number in text.split(","))


@click.command()
@click.option("--clients", default="1,16", callback=numbers, show_default=True, help="Clients at once.")
@click.option("--runs", default="40,160", callback=numbers, show_default=True, help="Runs for each of them.")
@click.option("--sockets", default=5000, show_default=True, type=click.IntRange(0), help="Idle sockets to hold open.")
@click.option(
    "--starts", default=3, show_default=True, type=click.IntRange(0), help="How often each start is timed; 0: never."
)
@click.option("--subjects", default=",".join(Options().subjects), show_default=True, help="Which ways to execute runs.")
@click.option("--steady", default=60.0, show_default=True, help="Seconds of steady load.")
@click.option("--llm/--no-llm", default=True, help="Time the starts with the small language model too.")
@click.option("--peers", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of bench.py.")
@click.option("--peers-work", type=click.Path(path_type=Path), help="Keeps the peers' environments for the next time.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where the JSON lines are kept too.")
def main(*, subjects: str, out: Path | None, **given: object) -> None:
    """Measure, print JSON lines, then tables."""
    options = Options.model_validate({**given, "subjects": tuple(subjects.split(","))})
    if len(options.clients) != len(options.runs):
        raise click.UsageError("--clients and --runs need as many numbers as each other")
    known = (*SUBJECTS, *EXTRAS)
    if unknown := set(options.subjects) - set(known):
        raise click.UsageError(f"unknown subjects: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    with tempfile.TemporaryDirectory(prefix="netra-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, PostgreSQL runs as another user, who must be able to enter
        figures = asyncio.run(_measured(options, folder))
    if out:
        out.write_text("".join(f"{figure.model_dump_json()}\n" for figure in figures))
    print(tables(figures), file=sys.stderr)


async def _measured(options: Options, folder: Path) -> list[Figure]:
    figures: list[Figure] = []
    async for figure in _all(options, folder):
        figures.append(figure)
        print(figure.model_dump_json(), flush=True)
    for ratio in ratios(figures):
        figures.append(ratio)
        print(ratio.model_dump_json(), flush=True)
    return figures


async def _all(options: Options, folder: Path) -> AsyncGenerator[Figure]:
    yield _machine()
    async for figure in _compared(options, folder):
        yield figure
    for name in options.subjects:
        if name in EXTRAS:
            async for figure in EXTRAS[name](options, folder):
                yield figure
        elif name not in (SAME_WORK, SAME_PACE):
            async for figure in _netra(options, SUBJECTS[name], folder / name):
                yield figure
    async for start in starts(options, folder):
        yield start


async def _compared(options: Options, folder: Path) -> AsyncGenerator[Figure]:
    """What is compared stands side by side in time too: ours before the peers, and once more after them."""
    ours = [name for name in options.subjects if name in (SAME_WORK, SAME_PACE)]
    for name in ours:
        async for figure in _netra(options, SUBJECTS[name], folder / name):
            yield figure
    if options.peers is None:
        return
    work = (options.peers_work or folder / "peers").resolve()
    loads = {SAME_WORK: peers, SAME_PACE: paced}
    others = Others(())
    for name in ours:
        for figure in await loads[name](options.peers, work, options):
            yield figure
    yield Disturbance(during="the peers", share=others.share())
    if SAME_WORK in ours:
        async for figure in _netra(options, SUBJECTS[AGAIN], folder / AGAIN):
            yield figure


async def _netra(options: Options, subject: Subject, folder: Path) -> AsyncGenerator[Figure]:
    async with served(subject, folder) as netra:
        await asyncio.sleep(SETTLE_S)
        yield _memory(netra, "idle")
        others = Others(netra.pids.values())
        for door in subject.doors:
            for clients, runs in zip(options.clients, options.runs, strict=True):
                yield await load.measure(netra, door, clients, runs)
        yield Disturbance(during=subject.name, share=others.share())
        await asyncio.sleep(SETTLE_S)
        yield _memory(netra, "after load")
        if options.sockets and subject.sockets:
            yield await _sockets(netra, options.sockets)


def _memory(netra: Served, when: When) -> Memory:
    return Memory(
        subject=netra.subject.name, when=when, pss_mib={name: pss_mib(pid) for name, pid in netra.pids.items()}
    )


async def _sockets(netra: Served, count: int) -> Sockets:
    """Hold sockets open, and see by how much the web process grew."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    before = pss_mib(netra.pids["web"])
    async with AsyncExitStack() as running:
        http = await running.enter_async_context(load.session(netra))
        for _ in range(count):
            await load.opened(http, running)
        await asyncio.sleep(SETTLE_S)
        grown = pss_mib(netra.pids["web"]) - before
    return Sockets(sockets=count, kib_per_socket=round(grown * KIB_PER_MIB / count, 1))


def _machine() -> Machine:
    cpu = next(
        (line.split(":")[1] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?"
    )
    return Machine(
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        cpus=os.cpu_count() or 0,
        cpu=cpu.strip(),
        memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
        python=platform.python_version(),
        load_average=round(os.getloadavg()[0], 2),
    )


if __name__ == "__main__":
    main()

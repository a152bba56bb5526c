"""`netra worker`: execute runs."""

import asyncio
import signal

import click
import uvloop

from netra.runs.service import WorkerOptions, serve
from netra.settings import contract, logs
from netra.settings.model import Settings


@click.command()
@click.option("--concurrency", type=click.IntRange(1, 256), default=16, show_default=True, help="Runs at once.")
def command(*, concurrency: int) -> None:
    """Execute runs until told to stop; logs go to stderr as JSON lines."""
    settings = contract.load(contract.process_environment())
    logs.configure(settings, "worker")
    contract.warn()
    uvloop.run(_serve(settings, WorkerOptions(concurrency=concurrency)))


async def _serve(settings: Settings, options: WorkerOptions) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(settings, options, stop)

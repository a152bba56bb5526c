"""`netra up`: embedded servers, web and worker in one process tree."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

import click

from netra.cli.migrate import migrate
from netra.embedded.http import request
from netra.embedded.process import Child, Launch, start
from netra.embedded.stack import Stack, start_stack
from netra.settings.contract import load, process_environment
from netra.settings.model import Settings
from netra.settings.variables import BY_NAME

ENVIRONMENT = "environment"
"""The file in the state folder with which other commands reach a running stack: `set -a; . .netra/environment`."""
PLAIN = re.compile(r"[A-Za-z0-9_./:@,+=-]*")
"""Values that a shell and `netra config --env-file` read alike without quotes."""
SERVING = {"healthy", "degraded"}
SERVING_S = 60.0
TICK_S = 0.1


@click.command()
@click.option("--llm/--no-llm", default=False, help="Also serve a small language model, for want of a better one.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the web process; WEB_PORT or 8000 by default.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Worker processes.")
def command(*, llm: bool, port: int | None, workers: int) -> None:
    """Start embedded servers, web and worker, and print the address.

    A server whose host is set in the environment (POSTGRES_HOST, REDIS_HOST, CLICKHOUSE_HOST, LLM_BASE_URL) is used,
    not started. Ctrl-C ends everything.
    """
    given = dict(process_environment())
    if port:
        given["WEB_PORT"] = str(port)
    asyncio.run(_up(given, llm=llm, workers=workers))


async def _up(given: Mapping[str, str], *, llm: bool, workers: int) -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    begun = monotonic()
    state = Path(given.get("NETRA_STATE_DIR") or ".netra")
    async with start_stack(state, llm=llm, given=given) as stack:
        settings = load(stack.environ)
        await migrate(settings)
        stack_s = monotonic() - begun
        children = [
            _process("web", stack.environ),
            *(_process("worker", _own(stack.environ, n)) for n in range(workers)),
        ]
        try:
            await _serving(children, settings)
            write_environment(settings.state_dir / ENVIRONMENT, stack.environ)
            _announce(settings, stack, {"stack_s": stack_s, "ready_s": monotonic() - begun})
            await _watch(told, [*children, *(server.child for server in stack.servers.values())])
        finally:
            (settings.state_dir / ENVIRONMENT).unlink(missing_ok=True)
            # The web process first leaves its clients time to come back; workers hand their runs over.
            await asyncio.gather(*(child.stop() for child in children))


def write_environment(file: Path, environ: Mapping[str, str]) -> None:
    """Keep the contract's variables of this stack for other commands, closed to other users."""
    values = {name: environ[name] for name in BY_NAME if name in environ}
    lines = [f"{n}={v if PLAIN.fullmatch(v) else json.dumps(v)}\n" for n, v in values.items()]
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.writelines(lines)


def _own(environ: dict[str, str], number: int) -> dict[str, str]:
    """The variables of a worker: each shows its metrics at a port of its own, counted up from the first."""
    first = environ.get("WORKER_METRICS_PORT")
    return {**environ, "WORKER_METRICS_PORT": str(int(first) + number)} if first else environ


def _process(component: str, environ: dict[str, str]) -> Child:
    return start(
        Launch(
            component="web" if component == "web" else "worker",
            argv=(sys.executable, "-m", "netra.cli.main", component),
            log=None,
            environ=environ,
            cwd=".",
        )
    )


async def _serving(children: list[Child], settings: Settings) -> None:
    """Wait until health says that requests are taken and runs executed; any child may end the wait by ending."""

    async def served() -> bool:
        _refuse_ended(children)
        answer = await request(settings.web.port, "/api/health", headers={})
        return answer is not None and json.loads(answer[1]).get("status") in SERVING

    await children[0].ready(served, within_s=SERVING_S)


def _refuse_ended(children: list[Child]) -> None:
    for child in children:
        if (code := child.exit_code()) is not None:
            raise child.failure(f"ended by itself with exit code {code}")


async def _watch(told: asyncio.Event, children: list[Child]) -> None:
    """Until told to end; a child that ends before that is a failure, said once and by name."""
    while not told.is_set():
        _refuse_ended(children)
        await asyncio.sleep(TICK_S)


def _announce(settings: Settings, stack: Stack, took: Mapping[str, float]) -> None:
    address = f"http://{settings.web.host}:{settings.web.port}"
    servers = {name: server.child.pid for name, server in stack.servers.items()}
    rounded = {name: round(seconds, 3) for name, seconds in took.items()}
    print(json.dumps({"event": "ready", "address": address, "servers": servers, **rounded}), file=sys.stderr)
    print(f"netra is up at {address} (stack {rounded['stack_s']} s, ready {rounded['ready_s']} s); Ctrl-C ends it")
    sys.stdout.flush()

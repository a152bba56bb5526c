"""One netra to measure: its own databases, one web and one worker process, one account with data."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import scripted_model
from records import Door

from netra.embedded.failures import Component
from netra.embedded.ports import free_port
from netra.embedded.process import Child, Launch, start
from netra.embedded.stack import start_stack
from netra.settings.contract import load
from netra.settings.variables import VARIABLES
from netra.stores import postgres

HERE = Path(__file__).parent
NETRA = (sys.executable, "-m", "netra.cli.main")
READY_S = 60.0
EMAIL = "person@example.com"
PASSWORD = "a password for a benchmark only"  # noqa: S105 - it opens nothing but the database made below
DATABASES = ("postgres", "valkey", "clickhouse")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One way to have the runs executed."""

    name: str
    question: str
    web: tuple[str, ...] = (*NETRA, "web")
    worker: tuple[str, ...] = (*NETRA, "worker")
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables beside those of its stack."""
    data: bool = True
    """Whether its tools read usage data."""
    doors: tuple[Door, ...] = ("ws",)
    sockets: bool = False
    """Whether idle sockets are opened too."""
    model: bool = False
    """Whether the scripted model endpoint serves all roles."""
    workers: int = 1


QUESTION = "What did each workload cost in the last 7 days, and how fast was it?"
SCRIPTED = (sys.executable, str(HERE / "scripted_worker.py"))
PAUSE_S = 0.03
"""As a model of thirty tokens a second speaks: each piece becomes an event and an append of its own."""
PACED = f", {PAUSE_S * 1000:.0f} ms between pieces"
SAME_WORK, SAME_PACE, AGAIN = "scripted", "paced", "scripted-again"
"""The subjects that do what the peers do."""
SUBJECTS = {
    SAME_WORK: Subject(
        name="netra scripted", question=QUESTION, worker=SCRIPTED, data=False, doors=("ws", "sse"), sockets=True
    ),
    AGAIN: Subject(name="netra scripted, again after the peers", question=QUESTION, worker=SCRIPTED, data=False),
    SAME_PACE: Subject(
        name=f"netra scripted{PACED}",
        question=QUESTION,
        worker=(*SCRIPTED, str(PAUSE_S)),
        data=False,
    ),
    "builtin": Subject(name="netra builtin", question=QUESTION),
    "http": Subject(name="netra http model", question=QUESTION, model=True),
}


@dataclass(frozen=True, kw_only=True)
class Served:
    """A netra that serves."""

    subject: Subject
    address: str
    token: str
    pids: Mapping[str, int]
    """By name: web, worker, worker-2 …, postgres, valkey, clickhouse, and llm where there is one."""
    environ: Mapping[str, str]
    """The variables that reach it."""


def outside() -> dict[str, str]:
    """The variables of this process but for netra's own: what is measured must not be somebody's server."""
    own = {variable.name for variable in VARIABLES}
    return {name: value for name, value in os.environ.items() if name not in own}


@asynccontextmanager
async def served(subject: Subject, folder: Path) -> AsyncGenerator[Served]:
    """Start everything, end it when the block is left."""
    own = {"ENVIRONMENT": "test", "NETRA_REVISION": "benchmark"}
    async with AsyncExitStack() as running:
        pids: dict[str, int] = {}
        if subject.model:
            port = free_port()
            own |= _model_variables(port)
            pids["llm"] = _launched(running, "llm", _model_program(port), folder, {}).pid
        stack = await running.enter_async_context(start_stack(folder, given=own))
        pids |= {name: stack.servers[name].child.pid for name in DATABASES}
        await _command(stack.environ, "migrate")
        # Chosen last: while the databases start, other programs take ports.
        port = free_port()
        environ = {**stack.environ, **subject.environ, "WEB_PORT": str(port)}
        children = [_launched(running, "web", subject.web, folder, environ)]
        children += [_launched(running, "worker", subject.worker, folder, environ) for _ in range(subject.workers)]
        names = ("web", "worker", *(f"worker-{number}" for number in range(2, subject.workers + 1)))
        pids |= {name: child.pid for name, child in zip(names, children, strict=True)}
        address = f"http://127.0.0.1:{port}"
        await _healthy(address, children)
        token = await account(address, stack.environ)
        if subject.data:
            await _command(stack.environ, "data", "generate", "--email", EMAIL)
        yield Served(subject=subject, address=address, token=token, pids=pids, environ=environ)


def _model_variables(port: int) -> dict[str, str]:
    url = f"http://127.0.0.1:{port}/v1"
    return {"LLM_BASE_URL": url, "LLM_MODEL": scripted_model.NAME, "LLM_API_KEY": scripted_model.KEY}


def _model_program(port: int) -> tuple[str, ...]:
    return (sys.executable, str(HERE / "scripted_model.py"), str(port))


def _launched(
    running: AsyncExitStack, component: Component, argv: tuple[str, ...], folder: Path, environ: Mapping[str, str]
) -> Child:
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    variables = {**outside(), **environ}
    child = start(
        Launch(component=component, argv=argv, log=folder / f"{component}.out", environ=variables, cwd=str(folder))
    )
    running.push_async_callback(child.stop)
    return child


async def _command(environ: Mapping[str, str], *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *NETRA,
        *arguments,
        env={**outside(), **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(f"netra {' '.join(arguments)} ended with {process.returncode}:\n{said.decode()}")


async def _healthy(address: str, children: Sequence[Child]) -> None:
    """Until health says that requests are taken and runs executed; a process that ends ends the wait."""
    async with aiohttp.ClientSession(address) as http:

        async def healthy() -> bool:
            for child in children:
                if (code := child.exit_code()) is not None:
                    raise child.failure(f"ended by itself with exit code {code}")
            try:
                async with http.get("/api/health") as answer:
                    return (await answer.json())["status"] == "healthy"
            except aiohttp.ClientError:
                return False

        await children[0].ready(healthy, within_s=READY_S)


async def account(address: str, environ: Mapping[str, str], email: str = EMAIL) -> str:
    """Make an account with the plan that allows the load; answers its token."""
    login = {"email": email, "password": PASSWORD}
    async with aiohttp.ClientSession(address, raise_for_status=True) as http:
        async with http.post("/api/auth/register", json=login):
            pass
        async with postgres.pool(load(environ).postgres, max_size=1) as pool:
            await pool.execute("update users set plan = 'enterprise' where email = $1", email)
        async with http.post("/api/auth/login", json=login) as answer:
            token: str = (await answer.json())["access_token"]
    return token

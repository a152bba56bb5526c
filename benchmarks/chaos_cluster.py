"""The deployment that `chaos.py` cuts: databases, web processes and workers, which can be killed and started again."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from servers import outside

from netra.embedded.clickhouse import start_clickhouse
from netra.embedded.failures import HeldError, ServerError
from netra.embedded.options import ServerOptions
from netra.embedded.ports import free_port
from netra.embedded.postgres import start_postgres
from netra.embedded.process import Child, Launch, start
from netra.embedded.server import Server
from netra.embedded.stack import Folders, start_stack
from netra.embedded.valkey import start_valkey

HERE = Path(__file__).parent
NETRA = (sys.executable, "-m", "netra.cli.main")
READY_S = 60.0
AGAIN_S = 0.1
CONCURRENCY = 64
"""One worker must be able to take all runs of the others."""
STARTERS: Mapping[str, Callable[[ServerOptions], Awaitable[Server]]] = {
    "postgres": start_postgres,
    "valkey": start_valkey,
    "clickhouse": start_clickhouse,
}
PORTS = {"postgres": "POSTGRES_PORT", "valkey": "REDIS_PORT", "clickhouse": "CLICKHOUSE_PORT"}


@dataclass(kw_only=True)
class Cluster:
    """What runs now."""

    folder: Path
    environ: Mapping[str, str]
    pause_s: float
    """Between two words of an answer."""
    servers: dict[str, Server]
    webs: dict[int, Child] = field(default_factory=dict[int, Child])
    """By port."""
    workers: dict[int, Child] = field(default_factory=dict[int, Child])
    """By number."""

    @property
    def addresses(self) -> list[str]:
        """Where web processes answer, or will again."""
        return [f"http://127.0.0.1:{port}" for port in self.webs]

    @property
    def journal(self) -> Path:
        """What the tools did."""
        return self.folder / "journal"

    async def start_web(self, port: int) -> None:
        """Start a web process on this port, again until it takes traffic, as whatever watches over processes does."""
        await _until_started(lambda: self._start_web(port))

    async def start_worker(self, number: int) -> None:
        """Start a worker, again until it is ready: one that meets a database that is starting ends, and says why."""
        await _until_started(lambda: self._start_worker(number))

    async def _start_web(self, port: int) -> None:
        child = self._started("web", (*NETRA, "web"), self.folder / f"web-{port}.out", {"WEB_PORT": str(port)})
        self.webs[port] = child
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            await child.ready(lambda: _ready(http), within_s=READY_S)

    async def _start_worker(self, number: int) -> None:
        log = self.folder / f"worker-{number}.out"
        before = log.stat().st_size if log.exists() else 0
        program = (sys.executable, str(HERE / "chaos_worker.py"))
        argv = (*program, str(self.journal), str(self.pause_s), str(CONCURRENCY))
        child = self._started("worker", argv, log, {})
        self.workers[number] = child

        async def ready() -> bool:
            return b'"event":"ready"' in log.read_bytes()[before:]

        await child.ready(ready, within_s=READY_S)

    async def restart_server(self, name: str) -> None:
        """Kill a database as a power cut would, and start it again on the same data and port."""
        kill(self.servers[name].child)
        await self.servers[name].stop()
        port = int(self.environ[PORTS[name]])
        options = Folders.of(self.folder).server(name, port, "netra")
        async with asyncio.timeout(READY_S):
            while True:
                try:
                    self.servers[name] = await STARTERS[name](options)
                except HeldError:
                    # Children of the killed process are still ending.
                    await asyncio.sleep(AGAIN_S)
                except ServerError as error:
                    if not error.port_taken:
                        raise
                    await asyncio.sleep(AGAIN_S)
                else:
                    return

    def _started(self, component: str, argv: tuple[str, ...], log: Path, own: Mapping[str, str]) -> Child:
        return start(
            Launch(
                component="web" if component == "web" else "worker",
                argv=argv,
                log=log,
                environ={**outside(), **self.environ, **own},
                cwd=str(HERE.parent),
            )
        )

    async def stop(self) -> None:
        """End everything that was started here."""
        await asyncio.gather(*(child.stop() for child in (*self.webs.values(), *self.workers.values())))
        for server in self.servers.values():
            await server.stop()


def kill(child: Child) -> None:
    """No farewell."""
    if child.exit_code() is None:
        child.process.send_signal(signal.SIGKILL)


@asynccontextmanager
async def cluster(folder: Path, *, webs: int, workers: int, pause_s: float) -> AsyncGenerator[Cluster]:
    """Start it all; end it when the block is left."""
    own = {"ENVIRONMENT": "test", "NETRA_REVISION": "chaos"}
    async with AsyncExitStack() as running:
        stack = await running.enter_async_context(start_stack(folder, given=own))
        made = Cluster(folder=folder, environ=stack.environ, pause_s=pause_s, servers=dict(stack.servers))
        running.push_async_callback(made.stop)
        environ = {**outside(), **stack.environ}
        migrating = await asyncio.create_subprocess_exec(*NETRA, "migrate", env=environ, stdout=sys.stderr)
        if await migrating.wait():
            raise SystemExit("the schema could not be made")
        made.journal.touch()
        ports: list[int] = []
        while len(ports) < webs:
            ports.append(free_port())
        await asyncio.gather(*(made.start_web(port) for port in ports))
        await asyncio.gather(*(made.start_worker(number) for number in range(workers)))
        yield made


async def _until_started(begin: Callable[[], Awaitable[None]]) -> None:
    async with asyncio.timeout(READY_S):
        while True:
            try:
                await begin()
            except ServerError:
                await asyncio.sleep(AGAIN_S)
            else:
                return


async def _ready(http: aiohttp.ClientSession) -> bool:
    try:
        async with http.get("/health/ready") as answer:
            return answer.status == 200  # noqa: PLR2004 - HTTP's own word for yes
    except (aiohttp.ClientError, OSError):
        return False

"""The whole embedded stack: servers started side by side, and the contract's variables that reach them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from netra.embedded.clickhouse import start_clickhouse
from netra.embedded.failures import ServerError
from netra.embedded.kept import kept, password, signing_key
from netra.embedded.llm import start_llm
from netra.embedded.options import ModelOptions, ServerOptions
from netra.embedded.ports import LOOPBACK, free_port
from netra.embedded.postgres import start_postgres
from netra.embedded.server import Server
from netra.embedded.valkey import start_valkey

PORT_TRIES = 3
MODEL = "smollm2-135m"
USER = "netra"

Starter = Callable[[int], Awaitable[Server]]


class Folders(BaseModel):
    """Where a stack keeps its files."""

    model_config = ConfigDict(frozen=True)

    state: Path

    @classmethod
    def of(cls, state_dir: Path) -> "Folders":
        """Make the folders; others may enter the first, so that PostgreSQL can run as another user."""
        folders = cls(state=state_dir.resolve())
        folders.state.mkdir(mode=0o755, parents=True, exist_ok=True)
        (folders.state / "logs").mkdir(mode=0o700, exist_ok=True)
        return folders

    def log(self, component: str) -> Path:
        """The server's own log."""
        return self.state / "logs" / f"{component}.log"

    def secret(self, name: str) -> str:
        """A password that lasts as long as the data it guards."""
        return kept(self.state / "secrets" / name, password)

    def server(self, component: str, port: int, db: str) -> ServerOptions:
        """How to start a datastore."""
        secret = SecretStr(self.secret(component))
        return ServerOptions(
            data=self.state / component, log=self.log(component), port=port, user=USER, password=secret, db=db
        )


class Stack:
    """Running servers by component, and the variables that reach them."""

    def __init__(self, servers: Mapping[str, Server], environ: Mapping[str, str]) -> None:
        """See `start_stack`."""
        self.servers = dict(servers)
        self.environ = dict(environ)


@asynccontextmanager
async def start_stack(
    state_dir: Path, *, llm: bool = False, given: Mapping[str, str] | None = None
) -> AsyncGenerator[Stack]:
    """Start what is not given, all at once; on leaving, end it. Call from the main thread.

    `given` are contract variables that are set already: a component whose host or address is there is not started.
    """
    folders = Folders.of(state_dir)
    given = given or {}
    async with AsyncExitStack() as running:
        wanted = _wanted(folders, given, llm=llm)
        servers, environ = await _start_all(wanted, running)
        key = kept(folders.state / "secrets" / "auth_signing_key", signing_key)
        own = {"NETRA_STATE_DIR": str(folders.state), "AUTH_SIGNING_KEY": key}
        yield Stack(servers, {**own, **environ, **given})


@asynccontextmanager
async def start_model(state_dir: Path) -> AsyncGenerator[dict[str, str]]:
    """Start the language model alone, and yield the variables that reach it."""
    folders = Folders.of(state_dir)
    async with AsyncExitStack() as running:
        _, environ = await _start_all([_model_part(folders)], running)
        yield environ


class _Part(BaseModel):
    """One server to start, and the variables that lead to its port."""

    model_config = ConfigDict(frozen=True)

    component: str
    start: Starter
    environ: Callable[[int], dict[str, str]]


def _wanted(folders: Folders, given: Mapping[str, str], *, llm: bool) -> list[_Part]:
    parts: list[_Part] = []
    if "POSTGRES_HOST" not in given:
        parts.append(_part(folders, "postgres", start_postgres, _Names(prefix="POSTGRES", db="netra")))
    if "REDIS_HOST" not in given:
        parts.append(_part(folders, "valkey", start_valkey, _Names(prefix="REDIS")))
    if "CLICKHOUSE_HOST" not in given:
        parts.append(_part(folders, "clickhouse", start_clickhouse, _Names(prefix="CLICKHOUSE", db="netra")))
    if llm and "LLM_BASE_URL" not in given:
        parts.append(_model_part(folders))
    return parts


class _Names(BaseModel):
    """How the contract names one datastore."""

    model_config = ConfigDict(frozen=True)

    prefix: str
    db: str = ""


def _part(
    folders: Folders, component: str, start: Callable[[ServerOptions], Awaitable[Server]], names: _Names
) -> _Part:
    def environ(port: int) -> dict[str, str]:
        values = {"HOST": LOOPBACK, "PORT": str(port), "PASSWORD": folders.secret(component)}
        if names.db:
            values |= {"USER": USER, "DB": names.db}
        return {f"{names.prefix}_{name}": value for name, value in values.items()}

    return _Part(
        component=component,
        start=lambda port: start(folders.server(component, port, names.db or "netra")),
        environ=environ,
    )


def _model_part(folders: Folders) -> _Part:
    """The language model as a part of a stack."""
    key = folders.secret("llm")
    return _Part(
        component="llm",
        start=lambda port: start_llm(
            ModelOptions(log=folders.log("llm"), port=port, model=MODEL, api_key=SecretStr(key))
        ),
        environ=lambda port: {
            "LLM_BASE_URL": f"http://{LOOPBACK}:{port}/v1",
            "LLM_MODEL": MODEL,
            "LLM_API_KEY": key,
        },
    )


async def _start_all(parts: list[_Part], running: AsyncExitStack) -> tuple[dict[str, Server], dict[str, str]]:
    """Start side by side; when one fails, the others are ended before its failure goes on."""
    outcomes = await asyncio.gather(*(_start(part) for part in parts), return_exceptions=True)
    failures: list[BaseException] = []
    servers: dict[str, Server] = {}
    environ: dict[str, str] = {}
    for part, outcome in zip(parts, outcomes, strict=True):
        if isinstance(outcome, BaseException):
            failures.append(outcome)
            continue
        server, port = outcome
        running.push_async_callback(server.stop)
        servers[part.component] = server
        environ |= part.environ(port)
    if failures:
        raise failures[0]
    return servers, environ


async def _start(part: _Part) -> tuple[Server, int]:
    """Start on a free port; another process may take it before we do, then ask for another."""
    for tried in range(1, PORT_TRIES + 1):
        port = free_port()
        try:
            return await part.start(port), port
        except ServerError as error:
            if not error.port_taken or tried == PORT_TRIES:
                raise
    raise AssertionError(part.component)

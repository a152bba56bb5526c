"""`netra embedded`: one server in the foreground, for a process list or another terminal."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click
from pydantic import SecretStr

from netra.embedded.clickhouse import start_clickhouse
from netra.embedded.failures import Component
from netra.embedded.llm import start_llm
from netra.embedded.llm_stub import start_stub
from netra.embedded.options import ModelOptions, ServerOptions, spare_cores
from netra.embedded.postgres import start_postgres
from netra.embedded.process import die_with_parent_now
from netra.embedded.server import Server
from netra.embedded.stub.script import Script, read
from netra.embedded.valkey import start_valkey
from netra.errors import ConfigError, InvalidError
from netra.settings.contract import check, process_environment
from netra.settings.variables import BY_NAME

Starter = Callable[[], Awaitable[Server]]
data_folder = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where its data is; by default in a folder of its name under NETRA_STATE_DIR.",
)


@click.group()
def command() -> None:
    """Run one embedded server in the foreground; it reads the same variables as its clients."""


@command.command("postgres")
@data_folder
def postgres_command(data: Path | None) -> None:
    """PostgreSQL, from POSTGRES_PORT, _DB, _USER and _PASSWORD."""
    options = _options("postgres", "POSTGRES", data)
    _serve(lambda: start_postgres(options), options.port)


@command.command("valkey")
@data_folder
@click.option("--also", multiple=True, metavar="ADDRESS", help="Serve at this address, too, not only at the loopback.")
def valkey_command(data: Path | None, also: tuple[str, ...]) -> None:
    """Valkey, from REDIS_PORT and REDIS_PASSWORD."""
    options = _options("valkey", "REDIS", data).model_copy(update={"also": also})
    _serve(lambda: start_valkey(options), options.port)


@command.command("clickhouse")
@data_folder
def clickhouse_command(data: Path | None) -> None:
    """ClickHouse, from CLICKHOUSE_PORT, _DB, _USER and _PASSWORD."""
    options = _options("clickhouse", "CLICKHOUSE", data)
    _serve(lambda: start_clickhouse(options), options.port)


@command.command("llm")
@click.option("--threads", type=click.IntRange(1), default=spare_cores, help="Threads; all cores but one by default.")
@click.option("--stub", is_flag=True, help="Serve a scripted model instead, also in Anthropic's and Google's shapes.")
@click.option(
    "--script",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What the scripted model answers: a TOML or JSON file; changed live by PUT /stub/behaviour.",
)
def llm_command(*, threads: int, stub: bool, script: Path | None) -> None:
    """Serve a small language model, from LLM_BASE_URL, LLM_MODEL and LLM_API_KEY.

    With --stub it is a scripted one, for tests and drills. Its script has a [default] behaviour and [[steps]] before
    it, each for one request or for `times`, and only for requests whose text `contains` something. A behaviour has
    text, calls, first_token_s, tokens_per_s, status, retry_after, and as fault: refused_key, not_found, quota,
    rate_limited, overloaded, server_error, content_filter, hang, or in the middle of the stream, after_tokens words:
    hang_mid_stream, truncated, broken_off, invalid_json, malformed_arguments. `models` renames what it serves,
    `refuse_keys` refuses every key. GET and PUT /stub/behaviour show and change it, GET and DELETE /stub/requests
    show and forget what it was asked; all with the key.
    """
    if script and not stub:
        raise InvalidError("only the scripted model follows a script", where="--script", hint="add --stub")
    environ = _environment("LLM")
    port = urlsplit(_value(environ, "LLM_BASE_URL")).port
    if port is None:
        raise ConfigError("names no port to serve", where="LLM_BASE_URL", hint="such as http://127.0.0.1:8080/v1")
    options = ModelOptions(
        log=_log(environ, "llm"),
        port=port,
        model=_value(environ, "LLM_MODEL"),
        api_key=SecretStr(_value(environ, "LLM_API_KEY")),
        threads=threads,
    )
    if stub:
        told = read(script) if script else Script()
        _serve(lambda: start_stub(options, told), port)
    else:
        _serve(lambda: start_llm(options), port)


def _options(component: Component, prefix: str, data: Path | None) -> ServerOptions:
    environ = _environment(prefix)
    folder = data.resolve() if data else _state(environ) / component
    folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    return ServerOptions(
        data=folder,
        log=_log(environ, component),
        port=int(_value(environ, f"{prefix}_PORT")),
        password=SecretStr(_value(environ, f"{prefix}_PASSWORD")),
        user=_named(environ, f"{prefix}_USER"),
        db=_named(environ, f"{prefix}_DB"),
    )


def _named(environ: Mapping[str, str], name: str) -> str:
    """The value of a variable that not every server has."""
    return _value(environ, name) if name in BY_NAME else "default"


def _environment(prefix: str) -> Mapping[str, str]:
    """The process environment, once the variables of this server keep the contract."""
    environ = process_environment()
    wrong = [v for v in check(environ) if v.variable.startswith((prefix, "NETRA_STATE_DIR"))]
    if wrong:
        listed = "; ".join(f"{v.variable} {v.message}" for v in wrong)
        raise ConfigError(listed, where="environment", hint="netra config check lists the rules")
    return environ


def _value(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name) or BY_NAME[name].default
    if not value:
        raise ConfigError("not set", where=name, hint=BY_NAME[name].meaning)
    return value


def _state(environ: Mapping[str, str]) -> Path:
    return Path(_value(environ, "NETRA_STATE_DIR")).resolve()


def _log(environ: Mapping[str, str], component: str) -> Path:
    folder = _state(environ) / "logs"
    folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{component}.log"


def _serve(start: Starter, port: int) -> None:
    die_with_parent_now()
    asyncio.run(_until_told(start, port))


async def _until_told(start: Starter, port: int) -> None:
    """Serve until SIGTERM, SIGINT or the death of our parent; that the server ends by itself is a failure."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    server = await start()
    try:
        child = server.child
        ready = {"event": "ready", "component": child.component, "port": port, "pid": os.getpid(), "server": child.pid}
        print(json.dumps(ready), file=sys.stderr, flush=True)
        ended = asyncio.ensure_future(child.finished())
        await asyncio.wait([ended, asyncio.ensure_future(told.wait())], return_when=asyncio.FIRST_COMPLETED)
        if not told.is_set():
            raise child.failure(f"ended by itself with exit code {ended.result()}")
    finally:
        await server.stop()

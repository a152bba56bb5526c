"""A netra server for a command of a person: one that runs, or one started for the length of a block."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from netra.cli.reach import answers, read_environment
from netra.cli.up import ENVIRONMENT, SERVING_S
from netra.embedded.ports import free_port
from netra.embedded.process import Launch, start
from netra.errors import ConfigError
from netra.settings.contract import environment_of, load
from netra.settings.model import Settings


@asynccontextmanager
async def served(given: Mapping[str, str], *, llm: bool) -> AsyncGenerator[Settings]:
    """Settings of a running `netra up` of this state folder; without one it is started, and ends with the block."""
    if environment_of(given) != "local":
        message = f"ENVIRONMENT is {environment_of(given)}: which server is meant?"
        raise ConfigError(message, where="--url", hint="say --url, or set NETRA_URL")
    state = _state(given)
    running = read_environment(state / ENVIRONMENT)
    if answers(running):
        yield load({**given, **running})
        return
    up = start(_up(state, given, llm=llm))
    try:

        async def serving() -> bool:
            return await asyncio.to_thread(answers, read_environment(state / ENVIRONMENT))

        await up.ready(serving, within_s=SERVING_S)
        yield load({**given, **read_environment(state / ENVIRONMENT)})
    finally:
        await up.stop()


def _up(state: Path, given: Mapping[str, str], *, llm: bool) -> Launch:
    log = state / "logs" / "ask.log"
    options = ("--port", str(free_port()), "--llm" if llm else "--no-llm")
    return Launch(
        component="web",
        argv=(sys.executable, "-m", "netra.cli.main", "up", *options),
        log=log,
        environ={**given, "NETRA_STATE_DIR": str(state)},
        cwd=".",
        hint=f"see {log}",
    )


def _state(given: Mapping[str, str]) -> Path:
    """The state folder, with a place for logs."""
    state = Path(given.get("NETRA_STATE_DIR") or ".netra").resolve()
    state.mkdir(mode=0o755, parents=True, exist_ok=True)
    (state / "logs").mkdir(mode=0o700, exist_ok=True)
    return state

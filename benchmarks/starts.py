"""How long the embedded stack, and all of `netra up`, take until they serve."""

import statistics
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Literal

from records import Options, Start
from servers import NETRA, outside

from netra.embedded.ports import free_port
from netra.embedded.process import Launch, start
from netra.embedded.stack import start_stack

READY_S = 90.0


async def starts(options: Options, folder: Path) -> AsyncGenerator[Start]:
    """Every start: the stack alone and `netra up`, without and with the model, cold and warm."""
    ways: dict[str, Callable[[Path, bool], Awaitable[float]]] = {"embedded stack": stack_s, "netra up": up_s}
    if not options.starts:
        return
    for what, seconds in ways.items():
        for llm in (False, True)[: 1 + options.llm]:
            name = f"{what}, with the model" if llm else what
            measured: dict[Literal["cold", "warm"], list[float]] = {"cold": [], "warm": []}
            for number in range(options.starts):
                state = folder / f"{name}-{number}".replace(" ", "-").replace(",", "")
                measured["cold"].append(await seconds(state, llm))
                measured["warm"].append(await seconds(state, llm))
            for state, times in measured.items():
                median = round(statistics.median(times), 2)
                yield Start(what=name, state=state, seconds=tuple(round(s, 2) for s in times), median_s=median)


async def stack_s(state: Path, llm: bool) -> float:
    """Seconds until PostgreSQL, Valkey and ClickHouse answer a query each (and the model its list of models)."""
    began = time.perf_counter()
    async with start_stack(state, llm=llm):
        return time.perf_counter() - began


async def up_s(state: Path, llm: bool) -> float:
    """Seconds from the start of the command until its ready line: databases, schema, web, worker, health."""
    environ = {**outside(), "NETRA_STATE_DIR": str(state), "WEB_PORT": str(free_port())}
    argv = (*NETRA, "up", "--llm" if llm else "--no-llm")
    said = state.with_suffix(".out")
    said.unlink(missing_ok=True)
    began = time.perf_counter()
    child = start(Launch(component="web", argv=argv, log=said, environ=environ, cwd=str(state.parent)))

    async def ready() -> bool:
        return any(line.startswith("{") and "ready_s" in line for line in said.read_text().splitlines())

    try:
        await child.ready(ready, within_s=READY_S)
        return time.perf_counter() - began
    finally:
        await child.stop()

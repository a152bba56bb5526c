"""The start as a list of named phases; the first required one that fails stops it and is named."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from netra.errors import NetraError, StartupError
from netra.health.records import PhaseRecord

LOG = logging.getLogger(__name__)
T = TypeVar("T")


class Startup:
    """Runs the phases and keeps how each went."""

    def __init__(self, deadline_s: float) -> None:
        """Give each phase this many seconds."""
        self._deadline_s = deadline_s
        self.phases: list[PhaseRecord] = []
        self.complete = False
        self.failure: StartupError | None = None

    async def required(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        """Run a phase without which nothing may start; raises StartupError that names it and the cause."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._deadline_s):
                result = await work()
        except Exception as error:
            # The rim: what nobody foresaw is a named phase and its cause, too.
            self._note(name, began, "failed", _cause(error, self._deadline_s))
            self.failure = _failed(name, error, self._deadline_s)
            raise self.failure from error
        self._note(name, began, "ok", "")
        return result

    async def optional(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Run a phase without which the service starts degraded."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._deadline_s):
                await work()
        except Exception as error:  # noqa: BLE001 - as above
            self._note(name, began, "degraded", _cause(error, self._deadline_s))
        else:
            self._note(name, began, "ok", "")

    def _note(self, name: str, began: float, outcome: str, message: str) -> None:
        ms = round((time.perf_counter() - began) * 1000, 2)
        record = PhaseRecord.model_validate({"name": name, "outcome": outcome, "ms": ms, "message": message})
        self.phases.append(record)
        level = logging.INFO if outcome == "ok" else logging.ERROR if outcome == "failed" else logging.WARNING
        fields = {"phase": name, "outcome": outcome, "ms": ms} | ({"cause": message} if message else {})
        LOG.log(level, "startup phase", extra=fields)


def _cause(error: BaseException, deadline_s: float) -> str:
    if isinstance(error, NetraError):
        return error.message
    if isinstance(error, TimeoutError) and not str(error):
        return f"not done within {deadline_s:g} s"
    return f"{error} ({type(error).__name__})"


def _failed(name: str, error: BaseException, deadline_s: float) -> StartupError:
    hint = error.hint if isinstance(error, NetraError) else ""
    return StartupError(f"phase {name} failed: {_cause(error, deadline_s)}", where=name, hint=hint)

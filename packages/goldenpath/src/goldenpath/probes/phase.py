"""One phase of reaching a target: how long it took, or why it failed."""

import asyncio
import errno
import time
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

from goldenpath.facts import Record

PhaseName = Literal["dns", "tcp", "tls", "first_byte", "auth", "query"]
CONNECT_PHASES: tuple[PhaseName, ...] = ("dns", "tcp", "tls", "first_byte", "auth")
"""What the budget `connect_ms` covers."""
PHASES: tuple[PhaseName, ...] = (*CONNECT_PHASES, "query")
TIMEOUT = "timeout"
CLOSED = "closed"
Result = TypeVar("Result")
Decode = Callable[[Exception], str]
"""The short name of an error that a phase ended with."""


class Phase(Record):
    """Either `ms` or `error` is set."""

    name: PhaseName
    ms: float | None = None
    error: str = ""
    text: str = ""
    listed: bool | None = None
    """Whether a provider's list has the model; None where it was not asked, or lists none."""


async def timed(
    name: PhaseName, work: Awaitable[Result], timeout_s: float, decode: Decode
) -> tuple[Phase, Result | None]:
    """Run one phase within its bound; the result is None when it failed."""
    started = time.perf_counter()
    try:
        result = await asyncio.wait_for(work, timeout_s)
    except TimeoutError as error:
        # The operating system's own time-out is an OSError with a number; ours has none.
        silent = error.errno is None
        text = f"no answer within {timeout_s:g} s" if silent else described(error)
        return Phase(name=name, error=TIMEOUT if silent else decode(error), text=text), None
    except Exception as error:  # noqa: BLE001 - the rim: whatever a client library raises is a fact about the target
        return Phase(name=name, error=decode(error), text=described(error)), None
    return Phase(name=name, ms=milliseconds(time.perf_counter() - started)), result


def milliseconds(seconds: float) -> float:
    """Seconds as milliseconds, to the microsecond."""
    return round(seconds * 1000, 3)


def errno_name(error: Exception) -> str:
    """The name of an operating system error, such as `ECONNREFUSED`; else the class of the error."""
    number = error.errno if isinstance(error, OSError) else None
    return errno.errorcode.get(number, type(error).__name__) if number is not None else type(error).__name__


def described(error: Exception) -> str:
    """The class and the text of an error."""
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

"""Measures the steps of one probe, and says at which of them it failed."""

import asyncio
import socket
import ssl
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from netra.health.records import ErrorClass, Reading, Step

ELSEWHERE_S = 0.5
"""How long an address may be silent before the next one of its host is tried."""


class ProbeError(Exception):
    """A dependency answered, and the answer was a refusal; the text is fit for a public document."""

    def __init__(self, message: str, error_class: ErrorClass = "failed") -> None:
        """Say what the dependency said."""
        super().__init__(message)
        self.error_class: ErrorClass = error_class


class Steps:
    """The stopwatch of one probe."""

    def __init__(self) -> None:
        """No step has begun."""
        self._ms: dict[Step, float] = {}
        self._present: tuple[Step, float] | None = None

    @contextmanager
    def step(self, name: Step) -> Generator[None]:
        """Measure the block as this step; a failure inside leaves it as the step that failed."""
        began = time.perf_counter()
        self._present = (name, began)
        yield
        self._ms[name] = _elapsed(began)
        self._present = None

    def subtract(self, name: Step, part: Step) -> None:
        """Take one step's time out of another that had to repeat it."""
        self._ms[name] = max(self._ms[name] - self._ms[part], 0.0)

    def failing(self, name: Step) -> None:
        """What the last step brought shows that this step failed; the time it took is this step's."""
        took_ms = self._ms.pop("query", 0.0)
        self._present = (name, time.perf_counter() - took_ms / 1000)

    def ok(self) -> Reading:
        """The reading when every step went well."""
        return self._reading(status="ok")

    def failed(self, error: BaseException) -> Reading:
        """The reading of a failure at the present step, whose time so far is kept."""
        step: Step = "query"
        if self._present:
            step, began = self._present
            self._ms[step] = _elapsed(began)
        error_class = _class_of(error)
        return self._reading(
            status="failed",
            failed_at=step,
            error_class=error_class,
            message=_message(step, error_class, error, self._ms.get(step)),
        )

    def _reading(self, **said: object) -> Reading:
        keys: dict[Step, str] = {
            "dns": "dns_ms",
            "connect": "connect_ms",
            "auth": "auth_ms",
            "query": "query_ms",
            "pool": "pool_wait_ms",
        }
        measured = {keys[step]: round(ms, 2) for step, ms in self._ms.items()}
        return Reading.model_validate({**measured, **said})


class Stream(NamedTuple):
    """A connection, and where it leads."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    address: str


async def look_up(steps: Steps, host: str, port: int) -> tuple[str, ...]:
    """The addresses of the host, in the resolver's order."""
    with steps.step("dns"):
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


async def connected(steps: Steps, addresses: Sequence[str], port: int, tls: str | None = None) -> Stream:
    """A TCP connection to the first address that takes one, with TLS for the host name `tls` if one is given."""
    *others, last = addresses
    with steps.step("connect"):
        for address in others:
            with suppress(OSError):
                async with asyncio.timeout(ELSEWHERE_S):
                    return await _opened(address, port, tls)
        return await _opened(last, port, tls)


async def _opened(address: str, port: int, tls: str | None) -> Stream:
    context = ssl.create_default_context() if tls else None
    reader, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=tls)
    return Stream(reader, writer, address)


def _elapsed(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _class_of(error: BaseException) -> ErrorClass:
    match error:
        case ProbeError():
            return error.error_class
        case TimeoutError() | asyncio.CancelledError():
            return "timeout"
        case socket.gaierror():
            return "unresolved"
        case ConnectionRefusedError():
            return "refused"
        case OSError():
            return "unreachable"
        case _:
            return "failed"


def _message(step: Step, error_class: ErrorClass, error: BaseException, ms: float | None) -> str:
    """One line for a public document: no address, no user name."""
    texts: dict[ErrorClass, str] = {
        "timeout": f"no answer within {(ms or 0) / 1000:.1f} s",
        "unresolved": "the host name does not resolve",
        "refused": "nothing listens there",
        "unreachable": f"the connection failed ({type(error).__name__})",
        "failed": f"failed ({type(error).__name__})",
    }
    return f"{step}: {error if isinstance(error, ProbeError) else texts.get(error_class, str(error_class))}"

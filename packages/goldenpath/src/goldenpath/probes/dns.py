"""Name resolution alone: the host exactly as configured, in a thread of its own, within a bound."""

import asyncio
import platform
import socket
import threading

from goldenpath.probes.phase import Phase, timed

SockAddr = tuple[socket.AddressFamily, tuple[str, int]]
"""A family and what `connect` takes; an IPv6 address without flow and scope."""
_NAMES = {number: name for name, number in vars(socket).items() if name.startswith("EAI_")}


async def resolve(host: str, port: str, timeout_s: float) -> tuple[Phase, tuple[SockAddr, ...]]:
    """Look a host and port up; a literal is looked up too, which touches no resolver."""
    phase, found = await timed("dns", _look_up(host, port), timeout_s, error_name)
    if not phase.error:
        return phase, found or ()
    flavour = " ".join(platform.libc_ver()).strip() or "unknown libc"
    return phase.model_copy(update={"text": f"{phase.text} ({flavour})"}), ()


def error_name(error: Exception) -> str:
    """The resolver's own name of the error, such as `EAI_NONAME`."""
    match error:
        case socket.gaierror():
            return _NAMES.get(error.errno or 0, f"EAI_{error.errno}")
        case UnicodeError() | ValueError():
            # Python refuses what is no host name at all (an empty label, a NUL) before it asks the resolver.
            return "EAI_NONAME"
        case _:
            return type(error).__name__


async def _look_up(host: str, port: str) -> tuple[SockAddr, ...]:
    # A daemon thread, because an executor's thread that waits for a silent resolver delays the end of the process.
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[SockAddr, ...]] = loop.create_future()
    threading.Thread(target=_ask, args=(host, port, loop, answer), daemon=True, name="resolve").start()
    return await answer


def _ask(host: str, port: str, loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[tuple[SockAddr, ...]]") -> None:
    result: tuple[SockAddr, ...] | Exception
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        result = tuple((entry[0], (str(entry[4][0]), int(entry[4][1]))) for entry in entries)
    except (OSError, ValueError) as error:
        result = error
    if not loop.is_closed():
        loop.call_soon_threadsafe(_settle, answer, result)


def _settle(answer: "asyncio.Future[tuple[SockAddr, ...]]", result: tuple[SockAddr, ...] | Exception) -> None:
    if answer.done():
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)

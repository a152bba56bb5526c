"""What a datastore's failure says: which component, in which phase, and why."""

import asyncio
import socket
from typing import Literal

from netra.errors import DependencyError

Phase = Literal["dns", "connect", "auth", "query"]


class StoreError(DependencyError):
    """A datastore did not serve; `phase` is how far the caller got."""

    def __init__(self, message: str, *, component: str, phase: Phase, hint: str = "") -> None:
        """State the cause; the component and the phase lead the message."""
        super().__init__(f"{phase}: {message}", where=component, hint=hint)
        self.component = component
        self.phase: Phase = phase


def described(error: BaseException) -> str:
    """The error's class and text; a bare timeout is called one."""
    text = str(error).strip()
    if isinstance(error, TimeoutError) and not text:
        return "no answer in time"
    return f"{text} ({type(error).__name__})" if text else type(error).__name__


async def resolve(component: str, host: str, port: int, timeout_s: float) -> None:
    """Look the host up, so that a name that does not resolve is told apart from a server that does not answer."""
    loop = asyncio.get_running_loop()
    try:
        await asyncio.wait_for(loop.getaddrinfo(host, port, type=socket.SOCK_STREAM), timeout_s)
    except (OSError, TimeoutError) as error:
        raise StoreError(
            f"host {host!r} does not resolve: {described(error)}",
            component=component,
            phase="dns",
            hint="check the host name and the resolver",
        ) from error

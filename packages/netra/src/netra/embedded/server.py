"""A running embedded server: its process and its hold on the data."""

from collections.abc import Awaitable, Callable

from netra.embedded.holder import Hold
from netra.embedded.process import Child, Launch, start


class Server:
    """One server that is ready to serve."""

    def __init__(self, child: Child, held: Hold | None = None) -> None:
        """Own the process and the lock on its data."""
        self.child = child
        self._held = held

    async def stop(self) -> None:
        """End the process, then let the data go."""
        try:
            await self.child.stop()
        finally:
            if self._held:
                self._held.release()


async def serving(
    launch: Launch, probe: Callable[[], Awaitable[bool]], *, within_s: float, held: Hold | None = None
) -> Server:
    """Start the process, and return once the probe succeeded; a failure leaves neither process nor lock behind."""
    try:
        child = start(launch)
    except BaseException:
        if held:
            held.release()
        raise
    server = Server(child, held)
    try:
        await child.ready(probe, within_s=within_s)
    except BaseException:
        await server.stop()
        raise
    return server

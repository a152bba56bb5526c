"""A running embedded server: its process and its hold on the data."""

from netra.embedded.holder import Hold
from netra.embedded.process import Child


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

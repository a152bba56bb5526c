"""ClickHouse as runs meet it: connected when the first tool asks, so that a worker starts without it."""

import asyncio

from clickhouse_connect.driver.asyncclient import AsyncClient

from netra.settings.model import ClickHouseSettings
from netra.settings.timeouts import Timeouts
from netra.stores.clickhouse import open_client
from netra.stores.waiting import end


class Warehouse:
    """One client a process, opened once; while it cannot be opened, each asking tries again and says why not."""

    def __init__(self, settings: ClickHouseSettings, timeouts: Timeouts) -> None:
        """Nothing is connected yet."""
        self._settings = settings
        self._timeouts = timeouts
        self._client: AsyncClient | None = None
        self._opening: asyncio.Task[AsyncClient] | None = None

    async def client(self) -> AsyncClient:
        """The client; raises StoreError with the phase that failed. Who asks meanwhile waits for the same opening."""
        if self._client is not None:
            return self._client
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._open())
        # Who gives up waiting does not give up for the others.
        return await asyncio.shield(self._opening)

    async def _open(self) -> AsyncClient:
        self._client = await open_client(self._settings, timeouts=self._timeouts)
        return self._client

    async def aclose(self) -> None:
        """Close it, if it was ever opened."""
        if self._opening is not None:
            await end(self._opening)
        if self._client is not None:
            await self._client.close()

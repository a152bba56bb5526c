"""ClickHouse as runs meet it: connected when the first tool asks, so that a worker starts without it."""

import asyncio

from clickhouse_connect.driver.asyncclient import AsyncClient

from netra.settings.model import ClickHouseSettings
from netra.settings.timeouts import Timeouts
from netra.stores.clickhouse import open_client


class Warehouse:
    """One client a process, opened once; while it cannot be opened, each asking tries again and says why not."""

    def __init__(self, settings: ClickHouseSettings, timeouts: Timeouts) -> None:
        """Nothing is connected yet."""
        self._settings = settings
        self._timeouts = timeouts
        self._client: AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def client(self) -> AsyncClient:
        """The client; raises StoreError with the phase that failed."""
        if self._client is None:
            async with self._opening:
                self._client = self._client or await open_client(self._settings, timeouts=self._timeouts)
        return self._client

    async def aclose(self) -> None:
        """Close it, if it was ever opened."""
        if self._client is not None:
            await self._client.close()

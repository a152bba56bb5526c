"""Rows of the target's PostgreSQL as an independent reader sees them, on a connection of its own."""

import asyncio
from typing import Any, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - asyncpg ships none

from goldenpath.facts import Record

CONNECT_S = 5.0
FAILURES = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Database(Record):
    """How the reader logs in."""

    host: str
    port: int
    user: str
    password: str
    database: str


class RowReader:
    """Counts rows with one connection, opened when it is first asked."""

    def __init__(self, database: Database, sql: str) -> None:
        """Count with this statement, whose `$1` is the nonce."""
        self._database = database
        self._sql = sql
        self._connection: Any = None
        self._turn = asyncio.Lock()
        self.trouble = ""
        """Why the rows could not be read, when they could not."""

    async def count(self, nonce: str) -> int:
        """Rows that hold this nonce; none when the database does not serve, which is then the trouble."""
        try:
            async with self._turn:
                if self._connection is None:
                    self._connection = await self._connect()
                return int(await self._connection.fetchval(self._sql, nonce, timeout=CONNECT_S))
        except FAILURES as error:
            self.trouble = f"{self._database.host}:{self._database.port} {type(error).__name__}: {error}"
            return 0

    async def _connect(self) -> Any:
        return await cast("Any", asyncpg).connect(**self._database.model_dump(), timeout=CONNECT_S)

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.terminate()

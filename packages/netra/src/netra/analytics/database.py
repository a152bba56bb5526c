"""ClickHouse as the analytics sees it: typed rows in and out, failures already explained."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import ClickHouseError

from netra.stores.clickhouse import explain

Parameter = str | int | Sequence[str] | Sequence[int]
Setting = str | int | float


class Database:
    """One ClickHouse client; raises ToolError over a query limit, else StoreError."""

    def __init__(self, client: AsyncClient) -> None:
        """Talk through this client."""
        self._client: Any = client  # clickhouse-connect annotates its methods only in part

    async def rows(
        self,
        sql: str,
        parameters: Mapping[str, Parameter] | None = None,
        settings: Mapping[str, Setting] | None = None,
    ) -> list[dict[str, Any]]:
        """The rows of a query, by column name; moments are aware and in UTC."""
        with _explained():
            result = await self._client.query(
                sql, parameters=dict(parameters or {}), settings=dict(settings or {}), tz_mode="aware"
            )
            return [dict(row) for row in result.named_results()]

    async def run(self, sql: str, parameters: Mapping[str, Parameter] | None = None) -> None:
        """Run a statement that returns nothing."""
        with _explained():
            await self._client.command(sql, parameters=dict(parameters or {}))

    async def insert(self, table: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert these rows, all of equal columns, as one block.

        As JSON lines rather than by clickhouse-connect's own encoder, which would load pandas, a matter of seconds.
        """
        lines = b"\n".join(orjson.dumps(row) for row in rows)
        with _explained():
            await self._client.raw_insert(table, list(rows[0]), lines, fmt="JSONEachRow")


@contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except (ClickHouseError, OSError, TimeoutError) as error:
        raise explain(error) from error

"""ClickHouse as the analytics sees it: typed rows in and out, failures already explained."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import ClickHouseError

from netra.stores.clickhouse import explain

Parameter = str | int | Sequence[str]
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

    async def insert(self, table: str, rows: Sequence[Sequence[object]], columns: Sequence[str]) -> None:
        """Insert these rows as one block."""
        with _explained():
            await self._client.insert(table, rows, column_names=columns)


@contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except (ClickHouseError, OSError, TimeoutError) as error:
        raise explain(error) from error

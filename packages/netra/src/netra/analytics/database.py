"""ClickHouse as the analytics sees it: typed rows in and out, failures already explained."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import ClickHouseError

from netra.stores.clickhouse import explain

Parameter = str | int | Sequence[str] | Sequence[int]
Setting = str | int | float


@dataclass(frozen=True, kw_only=True)
class Table:
    """Columns, each a name and a type, and rows; columns may share a name."""

    columns: tuple[tuple[str, str], ...]
    rows: Sequence[Sequence[Any]]


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

    async def table(self, sql: str, parameters: Mapping[str, Parameter], settings: Mapping[str, Setting]) -> Table:
        """The answer to a query whose columns are not known before."""
        with _explained():
            result = await self._client.query(
                sql, parameters=dict(parameters), settings=dict(settings), tz_mode="aware"
            )
            types = [str(column.name) for column in result.column_types]
            return Table(columns=tuple(zip(result.column_names, types, strict=True)), rows=result.result_rows)

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

    async def insert_columns(self, table: str, columns: Mapping[str, Sequence[object]]) -> None:
        """Insert rows that come as columns of equal length, as one block: a fraction of the work of `insert`."""
        with _explained():
            await self._client.raw_insert(table, list(columns), orjson.dumps(columns), fmt="JSONColumns")


@contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except (ClickHouseError, OSError, TimeoutError) as error:
        raise explain(error) from error

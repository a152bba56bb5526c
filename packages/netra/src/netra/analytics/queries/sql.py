"""A question in SQL over the tenant's own events: read-only, checked before it is asked, limited while it runs."""

import re

from pydantic import Field, JsonValue

from netra.analytics.guarded import tree
from netra.analytics.guarded.text import Text
from netra.analytics.plain import plain
from netra.analytics.scope import SCOPE, Frozen, Scope, TenantReader
from netra.errors import ToolError
from netra.stores.failures import StoreError

MOST_ROWS = 200
MOST_SAID = 300
NOISE = re.compile(r"\n|\. Expected one of|[.,:]? [Ii]n scope |: ?[Ww]hile |\. Maybe you meant| \([A-Z_]{3,}\)")


class SqlQuestion(Scope):
    """One `select` over the relation `events`; the scope narrows what `events` holds."""

    sql: str = Field(
        min_length=1,
        max_length=4000,
        description="One ClickHouse SELECT over the relation events(at, workload, model, provider, input_tokens, "
        "cached_tokens, output_tokens, latency_ms, cost_usd, status); no other table.",
    )


class SqlColumn(Frozen):
    """One column of the result."""

    name: str
    type: str
    """As ClickHouse names it."""


class SqlResult(Frozen):
    """The rows, in the order that the statement gives."""

    columns: tuple[SqlColumn, ...]
    rows: tuple[tuple[JsonValue, ...], ...]
    """Decimals as numbers, moments as ISO 8601 in UTC; long texts are cut."""
    cut: bool
    """Whether there were more rows than are listed."""


async def sql_query(reader: TenantReader, asked: SqlQuestion) -> SqlResult:
    """Answer the statement. Raises ToolError when it is not allowed, when it is wrong, or when it costs too much."""
    text = Text(asked.sql)
    # What is checked is, letter by letter, what is asked; brackets keep it from being more than a part.
    wrapped = f"select * from (\n{text.sql}\n) limit {MOST_ROWS + 1}"  # noqa: S608 - after the first wall
    try:
        tree.check([str(line) for (line,) in await reader.read(f"explain ast {wrapped}", {})], text.named)
        await _refuse_tables(reader, text.named)
        found = await reader.foreign(wrapped, asked)
    except StoreError as error:
        if error.phase != "query":
            raise
        raise ToolError(f"ClickHouse refuses this SQL: {said(error.message)}.", where="sql") from error
    return SqlResult(
        columns=tuple(SqlColumn(name=name, type=kind) for name, kind in found.columns),
        rows=tuple(tuple(plain(value) for value in row) for row in found.rows[:MOST_ROWS]),
        cut=len(found.rows) > MOST_ROWS,
    )


async def _refuse_tables(reader: TenantReader, named: frozenset[str]) -> None:
    """An expression may not have a table's name: outside its brackets the name would mean the table."""
    if named and (taken := await reader.read(SCOPE["tables"], {"names": sorted(named)})):
        raise ToolError(f"This SQL is not asked: choose another name than {taken[0][0]}.", where="sql")


def said(message: str) -> str:
    """What the server says is wrong, without the statement and what else it adds."""
    *_, last = message.split("DB::Exception: ")
    return NOISE.split(last, maxsplit=1)[0][:MOST_SAID].strip().rstrip(".")

"""A question in SQL over the tenant's own events: read-only, checked before it is asked, limited while it runs."""

from pydantic import Field, JsonValue

from netra.analytics.scope import Frozen, Scope


class SqlQuestion(Scope):
    """One `select` over the relation `events`; the scope narrows what `events` holds."""

    sql: str = Field(
        min_length=1,
        max_length=4000,
        description="One ClickHouse SELECT over the relation events(at, workload, model, provider, input_tokens, "
        "output_tokens, latency_ms, cost_usd, status); no other table.",
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

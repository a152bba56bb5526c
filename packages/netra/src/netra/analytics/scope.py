"""Which rows a question is about, and the only reader of them: one tenant, within limits."""

import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator

from netra.analytics.database import Database, Parameter, Setting, Table
from netra.analytics.guarded.wall import wall
from netra.events.union import QueryRun
from netra.stores.queries import load

SCOPE = load("netra.analytics", "sql/scope.sql")
QUERIES = load("netra.analytics", "sql/queries.sql")
NAMES = {sql: name for name, sql in QUERIES.items()}
OVER_HOURS = re.compile(r"\bfrom hours\b")
HOUR = timedelta(hours=1)
MOMENT = "%Y-%m-%d %H:%M:%S"
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""ClickHouse counts hours in 32 bits of seconds, which end in 2106."""
OWN_WORKLOAD = "netra"
OWN_SOURCE = "netra: model calls"
"""Of the imports that bring netra's own model calls. A question sees them only if it names the workload: people who
ask what their workloads cost do not mean the asking."""
OWN: Mapping[str, Parameter] = {"own": OWN_SOURCE, "own_workload": OWN_WORKLOAD}
MAX_ROWS = 1000
"""Result rows of one question: what a person or a model can still take in."""


class Frozen(BaseModel):
    """The base of every parameter and result record."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(Frozen):
    """What one query may cost before ClickHouse ends it."""

    rows_read: int = 50_000_000
    seconds: float = 5.0
    """As `Timeouts.query_s`."""
    memory_bytes: int = 1_000_000_000


class Period(Frozen):
    """From `start` up to, not including, `end`."""

    start: AwareDatetime
    end: AwareDatetime

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.start >= self.end:
            message = f"the period ends ({self.end:%Y-%m-%d %H:%M}) before it starts ({self.start:%Y-%m-%d %H:%M})"
            raise ValueError(message)
        return self


class Scope(Frozen):
    """Which of the tenant's requests to look at; everything, unless narrowed."""

    start: AwareDatetime | None = Field(default=None, description="First moment, included (ISO 8601 with zone).")
    end: AwareDatetime | None = Field(default=None, description="Last moment, not included (ISO 8601 with zone).")
    workloads: tuple[str, ...] = Field(default=(), description="Only these workloads; empty means all.")
    models: tuple[str, ...] = Field(default=(), description="Only these models; empty means all.")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.start and self.end:
            Period(start=self.start, end=self.end)
        return self


class TenantReader:
    """Asks questions about one tenant's committed events, and cannot see another's.

    A query file reads the relation `events`, or `hours` where counts and sums of hours say as much, which this class
    defines; it never names a table.
    """

    def __init__(
        self,
        database: Database,
        tenant_id: UUID,
        limits: Limits | None = None,
        asked: list[QueryRun] | None = None,
    ) -> None:
        """Read this database as this tenant; each answered statement is added to `asked`."""
        self._database = database
        self._tenant_id = tenant_id
        self._limits = limits or Limits()
        self._asked = asked

    async def rows(
        self,
        sql: str,
        scope: Scope,
        parameters: Mapping[str, Parameter] | None = None,
        *,
        most: int = MAX_ROWS,
    ) -> list[dict[str, Any]]:
        """The rows of one statement over a relation; raises ToolError over a limit, StoreError when unreachable."""
        bound = {**(parameters or {}), **bindings(scope), **whole(scope), "tenant_id": str(self._tenant_id), **OWN}
        relation = "hours" if OVER_HOURS.search(sql) else "events"
        statement = f"with {relation} as (\n{SCOPE[relation]}\n)\n{sql}"
        began = time.perf_counter()
        rows = await self._database.rows(statement, bound, self._settings(most))
        self._note(NAMES.get(sql, "sql"), statement, bound, len(rows), time.perf_counter() - began)
        return rows

    async def foreign(self, sql: str, scope: Scope) -> Table:
        """The answer to a checked statement that others wrote, over `events`, behind a wall of its own."""
        bound = {**bindings(scope), "tenant_id": str(self._tenant_id), **OWN}
        statement = f"with events as (\n{SCOPE['events']}\n)\n{sql}"
        began = time.perf_counter()
        found = await self._database.table(statement, bound, self._behind_wall())
        self._note("sql", statement, bound, len(found.rows), time.perf_counter() - began)
        return found

    async def read(self, sql: str, parameters: Mapping[str, Parameter]) -> Sequence[Sequence[Any]]:
        """What the server says about a statement that others wrote, behind the same wall; no usage data is asked."""
        return (await self._database.table(sql, parameters, self._behind_wall())).rows

    def _behind_wall(self) -> dict[str, Setting]:
        return {**self._settings(MAX_ROWS), **wall(self._tenant_id)}

    def _note(self, name: str, sql: str, bound: Mapping[str, Parameter], rows: int, seconds: float) -> None:
        if self._asked is not None:
            self._asked.append(_run(name, sql, bound, rows, seconds))

    def _settings(self, most: int) -> dict[str, Setting]:
        return {
            "max_rows_to_read": self._limits.rows_read,
            "max_execution_time": self._limits.seconds,
            "max_memory_usage": self._limits.memory_bytes,
            "max_result_rows": most,
            "result_overflow_mode": "throw",
        }


def _run(name: str, sql: str, bound: Mapping[str, Parameter], rows: int, seconds: float) -> QueryRun:
    """What the log keeps: only parameters that the statement names, for it is read by people."""
    named = {key: value for key, value in bound.items() if f"{{{key}:" in sql}
    shown: dict[str, JsonValue] = {k: v if isinstance(v, str | int) else list(v) for k, v in named.items()}
    return QueryRun(name=name, sql=sql, parameters=shown, rows=rows, ms=round(seconds * 1000, 3))


def bindings(scope: Scope) -> dict[str, Parameter]:
    """The scope as query parameters."""
    return {
        "start": timestamp(scope.start or EARLIEST),
        "end": timestamp(scope.end or LATEST),
        "workloads": list(scope.workloads),
        "models": list(scope.models),
    }


def whole(scope: Scope) -> dict[str, Parameter]:
    """The whole hours of the scope as query parameters; equal ends when it has none."""
    start, end = (min(max(at, EARLIEST), LATEST) for at in (scope.start or EARLIEST, scope.end or LATEST))
    first = EARLIEST - (EARLIEST - start) // HOUR * HOUR
    last = max(EARLIEST + (end - EARLIEST) // HOUR * HOUR, first)
    return {"whole_start": f"{first:{MOMENT}}", "whole_end": f"{last:{MOMENT}}"}


def timestamp(at: datetime) -> str:
    """A moment as ClickHouse reads a DateTime64 parameter, in UTC with microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")

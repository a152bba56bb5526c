"""ClickHouse over HTTP through clickhouse-connect's async client: failures name their phase."""

import asyncio
from typing import Any, cast

import clickhouse_connect
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import ClickHouseError, Error

from netra.errors import NetraError, ToolError
from netra.settings.model import ClickHouseSettings
from netra.settings.timeouts import Timeouts
from netra.stores.failures import Phase, StoreError, described, resolve

COMPONENT = "clickhouse"
DEFAULT_TIMEOUTS = Timeouts()

AUTH_CODES = frozenset({81, 192, 193, 194, 497, 516})
"""UNKNOWN_DATABASE, UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, ACCESS_DENIED, AUTHENTICATION_FAILED."""
LIMIT_CODES = {
    158: "reads more rows than a question may",
    159: "takes longer than a question may",
    241: "needs more memory than a question may",
    307: "reads more bytes than a question may",
    396: "has more result rows than a question may",
}
"""TOO_MANY_ROWS, TIMEOUT_EXCEEDED, MEMORY_LIMIT_EXCEEDED, TOO_MANY_BYTES, TOO_MANY_ROWS_OR_BYTES."""


async def open_client(settings: ClickHouseSettings, *, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> AsyncClient:
    """A client that has logged in; raises StoreError with the phase that failed."""
    await resolve(COMPONENT, settings.host, settings.port, timeouts.connect_s)
    opening = cast("Any", clickhouse_connect).get_async_client(
        host=settings.host,
        port=settings.port,
        username=settings.user,
        password=settings.password.get_secret_value(),
        database=settings.db,
        connect_timeout=timeouts.connect_s,
        send_receive_timeout=timeouts.tool_s,
        query_retries=0,
    )
    try:
        return await asyncio.wait_for(opening, timeouts.connect_s)
    except (ClickHouseError, OSError, TimeoutError) as error:
        raise explain(error, settings) from error


def code_of(error: BaseException) -> int | None:
    """ClickHouse's own error code, if it answered with one."""
    return error.code if isinstance(error, Error) else None


def phase_of(error: BaseException) -> Phase:
    """How far the caller got: without a code there was no answer."""
    code = code_of(error)
    if code is None:
        return "connect"
    return "auth" if code in AUTH_CODES else "query"


def explain(error: BaseException, settings: ClickHouseSettings | None = None) -> NetraError:
    """The typed failure: a ToolError when a query went over a limit, else a StoreError."""
    if limit := LIMIT_CODES.get(code_of(error) or 0):
        hint = "ask for a shorter period or fewer groups"
        return ToolError(f"The query {limit}; {hint}.", where=COMPONENT, hint=hint)
    target = f"{settings.user}@{settings.host}:{settings.port}/{settings.db}: " if settings else ""
    phase = phase_of(error)
    hints: dict[Phase, str] = {
        "connect": "check that ClickHouse's HTTP door runs there and may be reached",
        "auth": "check CLICKHOUSE_USER, CLICKHOUSE_PASSWORD and CLICKHOUSE_DB",
    }
    return StoreError(target + described(error), component=COMPONENT, phase=phase, hint=hints.get(phase, ""))

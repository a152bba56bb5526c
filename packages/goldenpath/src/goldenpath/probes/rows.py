"""Reading rows out of a PostgreSQL as an independent reader, within a bound."""

from collections.abc import Sequence
from typing import Any

from goldenpath.probes import dns, postgres, wire
from goldenpath.probes.address import Target
from goldenpath.probes.phase import Phase, timed

Row = Sequence[object]


async def read_rows(target: Target, sql: str, timeout_s: float) -> tuple[Phase, tuple[Row, ...]]:
    """The rows of this query; the phase is the last one that was reached, with its error if it failed."""
    if target.problem:
        return Phase(name="dns", error="EAI_NONAME", text=target.problem), ()
    looked_up, addresses = await dns.resolve(target.host, target.port, timeout_s)
    if looked_up.error:
        return looked_up, ()
    tcp, opened = await wire.connect(addresses, timeout_s)
    if opened is None:
        return tcp, ()
    try:
        greeted, tls = await postgres.greet(target, opened, timeout_s)
    finally:
        await opened.close()
    failed = next((phase for phase in greeted if phase.error), None)
    if failed is not None:
        return failed, ()
    work = postgres.connect(target, opened.address, tls=tls)
    auth, connection = await timed("auth", work, timeout_s, postgres.error_name)
    return await _fetch(connection, sql, timeout_s) if connection is not None else (auth, ())


async def _fetch(connection: Any, sql: str, timeout_s: float) -> tuple[Phase, tuple[Row, ...]]:
    try:
        query, rows = await timed("query", connection.fetch(sql), timeout_s, postgres.error_name)
    finally:
        await postgres.close(connection)
    return query, tuple(tuple(row) for row in rows or ())

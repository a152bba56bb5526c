"""Reading rows out of a PostgreSQL as an independent reader, within a bound."""

from goldenpath.probes import dns, postgres, wire
from goldenpath.probes.address import Target
from goldenpath.probes.phase import Phase, timed
from goldenpath.probes.postgres_session import Row
from goldenpath.probes.wire import Wire


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
        return await _read(target, opened, sql, timeout_s)
    finally:
        await opened.close()


async def _read(target: Target, opened: Wire, sql: str, timeout_s: float) -> tuple[Phase, tuple[Row, ...]]:
    reached, session = await postgres.enter(target, opened, timeout_s)
    if session is None:
        return reached[-1], ()
    query, rows = await timed("query", session.query(sql), timeout_s, postgres.error_name)
    session.end()
    return query, rows or ()

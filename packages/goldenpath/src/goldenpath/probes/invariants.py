"""Reads the manifest's invariants from the datastore itself: a query that finds nothing while the law holds."""

import asyncpg

from goldenpath.facts import Observation
from goldenpath.manifest.model import Address, Invariant, System
from goldenpath.probes.record import Recorder

SAMPLE = 5
"""Breaches shown; the count is of all."""
CONNECT_S = 8.0
QUERY_S = 10.0


async def probe_invariants(
    recorder: Recorder, system: System, environ: dict[str, str], revision: str
) -> tuple[Observation, ...]:
    """One observation for each invariant: its breaches, or why they could not be read."""
    return tuple([await _probe(recorder, system, environ, revision, law) for law in system.invariants])


async def _probe(
    recorder: Recorder, system: System, environ: dict[str, str], revision: str, law: Invariant
) -> Observation:
    subject = f"invariant:{law.name}"
    address = system.components[law.component].address
    try:
        rows = await _rows(address, environ, law.sql) if address else []
    except (OSError, TimeoutError, KeyError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return recorder.observe(
            probe="invariant",
            subject=subject,
            revision=revision,
            name="invariant.error",
            value=type(error).__name__,
            text=f"{law.component} could not be read",
        )
    value = {"name": law.name, "count": len(rows), "sample": [str(row[0]) for row in rows[:SAMPLE]]}
    return recorder.observe(
        probe="invariant",
        subject=subject,
        revision=revision,
        name="invariant.breaches",
        value=value,
        text=f"{law.statement}: {len(rows)} breaches",
        repeat=law.sql,
    )


async def _rows(address: Address, environ: dict[str, str], sql: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(
        host=environ[address.host],
        port=int(environ[address.port]),
        user=environ[address.user],
        password=environ[address.password],
        database=environ[address.database],
        timeout=CONNECT_S,
    )
    try:
        return await connection.fetch(sql, timeout=QUERY_S)
    finally:
        await connection.close(timeout=1.0)

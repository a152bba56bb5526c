"""Reads the manifest's invariants from the datastore itself: a query that finds nothing while the law holds."""

import asyncio
from collections.abc import Mapping

from pydantic import JsonValue

from goldenpath.facts import Observation
from goldenpath.manifest.model import System
from goldenpath.manifest.proofs import Invariant
from goldenpath.probes.address import secrets_of, target_of
from goldenpath.probes.record import Notes, Recorder
from goldenpath.probes.rows import read_rows

SAMPLE = 5
"""Breaches shown; the count is of all."""
TIMEOUT_S = 8.0
"""The bound of each phase of reading one law."""


async def probe_invariants(
    recorder: Recorder, system: System, environ: Mapping[str, str], revision: str
) -> tuple[Observation, ...]:
    """One observation for each invariant: its breaches, or why they could not be read."""
    found = await asyncio.gather(*(_probe(recorder, system, environ, revision, law) for law in system.invariants))
    return tuple(observation for one in found for observation in one)


async def _probe(
    recorder: Recorder, system: System, environ: Mapping[str, str], revision: str, law: Invariant
) -> tuple[Observation, ...]:
    component = system.components[law.component]
    notes = Notes(recorder, "invariant", f"invariant:{law.name}", revision)
    target = target_of(component, environ)
    if target is None:
        return ()
    recorder.hide(*secrets_of(component, environ))
    phase, rows = await read_rows(target, law.sql, TIMEOUT_S)
    if phase.error:
        notes.note("invariant.error", phase.error, f"{law.component}, {phase.name}: {phase.text}")
        return notes.taken
    sample: list[JsonValue] = [str(row[0]) if row else "" for row in rows[:SAMPLE]]
    value: dict[str, JsonValue] = {"name": law.name, "count": len(rows), "sample": sample}
    notes.note("invariant.breaches", value, f"{law.statement}: {len(rows)} breaches. Read by: {law.sql}")
    return notes.taken

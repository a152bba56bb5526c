"""Migrations that the datastore still lacks, as the system's own command tells."""

from goldenpath.facts import Observation, Record
from goldenpath.probes.record import Notes, Recorder

SUBJECT = "schema"


class PendingResult(Record):
    """What the `pending` command printed."""

    exit_code: int
    stdout: str
    stderr: str


def probe_pending(recorder: Recorder, result: PendingResult, *, revision: str = "") -> tuple[Observation, ...]:
    """The names of pending migrations, or why they are unknown."""
    notes = Notes(recorder, "schema", SUBJECT, revision)
    names = [line.strip() for line in result.stdout.splitlines() if line.strip()]
    if result.exit_code and not names:
        last = next((line for line in reversed(result.stderr.splitlines()) if line.strip()), "")
        cause = last or f"the command ended with exit code {result.exit_code}"
        notes.note("schema.error", cause, result.stderr[-2000:])
    else:
        notes.note("schema.pending", [*names])
    return notes.taken

"""Migrations that must be applied; pure."""

from collections.abc import Sequence

from goldenpath.checks.seen import Seen
from goldenpath.facts import Finding, Observation, Verdict
from goldenpath.probes.schema import SUBJECT

CHECK = "schema"


def check_schema(observations: Sequence[Observation]) -> tuple[Finding, ...]:
    """One finding: pass when nothing is pending, not proven when the command could not tell."""
    seen = Seen(observations)
    pending, error = seen.get(SUBJECT, "schema.pending"), seen.get(SUBJECT, "schema.error")
    if pending is not None:
        names = pending.value if isinstance(pending.value, list) else []
        listed = ", ".join(str(name) for name in names)
        return (
            _finding("fail" if names else "pass", f"not applied: {listed}" if names else "nothing pending", pending),
        )
    if error is not None:
        return (_finding("not_proven", f"pending migrations are unknown: {error.value}", error),)
    return ()


def _finding(verdict: Verdict, statement: str, seen: Observation) -> Finding:
    return Finding(check=CHECK, subject=SUBJECT, verdict=verdict, statement=statement, observations=(seen.id,))

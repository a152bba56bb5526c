"""What was deployed against what answers: the revision and the fingerprint of its configuration; pure."""

from collections.abc import Sequence

from goldenpath.checks.seen import Seen
from goldenpath.facts import Finding, Observation, Verdict
from goldenpath.manifest.model import System

CHECK = "version"


def check_version(system: System, observations: Sequence[Observation]) -> tuple[Finding, ...]:
    """One finding each for revision and fingerprint; not proven when one side is unknown."""
    seen = Seen(observations)
    subject = system.doors.component
    fields = {"revision": system.doors.revision_field, "fingerprint": system.doors.fingerprint_field}
    # What a system does not claim to tell cannot be held against it; what it claims, it must tell.
    told = {name for name, field in fields.items() if field and system.doors.version}
    return tuple(_compared(seen, subject, name, required=name in told) for name in fields)


def _compared(seen: Seen, subject: str, name: str, *, required: bool) -> Finding:
    expected, running = seen.get(subject, f"expected.{name}"), seen.get(subject, f"version.{name}")
    known = tuple(o for o in (expected, running) if o is not None and o.value)
    verdict, statement = _judged(name, expected, running)
    ids = tuple(o.id for o in known)
    return Finding(
        check=CHECK, subject=subject, verdict=verdict, statement=statement, observations=ids, required=required
    )


def _judged(name: str, expected: Observation | None, running: Observation | None) -> tuple[Verdict, str]:
    if expected is None or not expected.value:
        return "not_proven", f"which {name} was deployed is not known"
    if running is None or not running.value:
        return "not_proven", f"the system does not tell its {name}"
    if expected.value != running.value:
        return "fail", f"{name} {running.value} answers, {expected.value} was deployed"
    return "pass", f"{name} {running.value}"

"""Predictions about the way of people to the doors."""

from typing import Protocol

from goldenpath.diagnosis.evidence import Evidence, field
from goldenpath.diagnosis.graph import PUBLIC
from goldenpath.diagnosis.public import PASSES, said
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, seen
from goldenpath.diagnosis.rule import Read, Reading, Site
from goldenpath.facts import Observation


def passes(name: str) -> Read:
    """What the own door gives passes the public way, too."""

    def judged(found: Observation, *, verdict: bool) -> Reading:
        return seen([found], f"{name} is the same on both ways") if verdict else against([found], said(found))

    return _tried(name, judged)


def is_refused(name: str) -> Read:
    """Somebody answers on the public way, and refuses what the own door gives."""

    def judged(found: Observation, *, verdict: bool) -> Reading:
        is_answered = field(found, "status") is not None
        return seen([found], said(found)) if is_answered and not verdict else against([found], said(found))

    return _tried(name, judged)


class _Judged(Protocol):
    def __call__(self, found: Observation, *, verdict: bool) -> Reading: ...


def _tried(name: str, judged: _Judged) -> Read:
    """The reading of what was tried on both ways; unknown where it was not, or the own door does not give it."""

    def read(evidence: Evidence, site: Site) -> Reading:
        del site
        found = evidence.get(PUBLIC, name)
        verdict = PASSES[name](found) if found else None
        return UNKNOWN if found is None or verdict is None else judged(found, verdict=verdict)

    return read


def variables(evidence: Evidence) -> tuple[str, ...]:
    """What says where the public address is."""
    named = evidence.system.doors.public
    return (named,) if named else ()

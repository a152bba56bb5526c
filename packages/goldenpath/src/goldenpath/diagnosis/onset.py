"""When states began, where an observation says so: an effect cannot stand before its cause."""

from collections.abc import Iterable
from datetime import timedelta

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.facts import ObservationId

TOLERANCE = timedelta(seconds=1)
"""Clocks of one machine, read by different programs."""
UNKNOWN = 0.5


def is_too_late(evidence: Evidence, cause: Iterable[ObservationId], effect: Iterable[ObservationId]) -> bool:
    """Whether the one is known to have begun after the other stood already."""
    first, second = evidence.began(cause), evidence.began(effect)
    return first is not None and second is not None and first > second + TOLERANCE


def may_precede(evidence: Evidence, cause: tuple[ObservationId, ...], effect: tuple[ObservationId, ...]) -> float:
    """1 when it began first, 0 when it began too late, between while nobody says."""
    if evidence.began(cause) is None or evidence.began(effect) is None:
        return UNKNOWN
    return 0.0 if is_too_late(evidence, cause, effect) else 1.0

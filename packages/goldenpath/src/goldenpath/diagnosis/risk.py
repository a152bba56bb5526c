"""What is lost while a symptom stands: journeys, their value, and the causes on their way."""

from collections.abc import Iterator

from goldenpath.facts import Cause, Risk, Symptom
from goldenpath.manifest.model import System


def at_risk(system: System, symptoms: tuple[Symptom, ...], causes: tuple[Cause, ...]) -> tuple[Risk, ...]:
    """Every journey that a symptom is on or can reach: those that were seen to fail first."""
    found = _risks(system, symptoms, causes)
    return tuple(sorted(found, key=lambda risk: not risk.felt))


def _risks(system: System, symptoms: tuple[Symptom, ...], causes: tuple[Cause, ...]) -> Iterator[Risk]:
    for name, journey in system.journeys.items():
        mine = [s for s in symptoms if name in s.journeys]
        if not mine:
            continue
        ids = {s.id for s in mine}
        yield Risk(
            journey=name,
            value=journey.value,
            owner=journey.owner,
            felt=any(s.subject == f"journey:{name}" for s in mine),
            symptoms=tuple(s.id for s in mine),
            causes=tuple(f"{c.component}:{c.id}" for c in causes if ids.intersection(c.explains)),
        )

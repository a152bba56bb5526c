"""How bad it is for people, as one look has it; between two cycles of a loop it may not rise. Pure."""

from collections.abc import Iterable

from goldenpath.facts import Diagnosis, Observation, Record
from goldenpath.manifest.model import System

DOWN = frozenset({"exited", "missing", "frozen"})


class Severity(Record):
    """What is wrong with the revision that has the traffic."""

    journeys: frozenset[str] = frozenset()
    """Those on which a symptom is."""
    down: frozenset[str] = frozenset()
    """Required components of which a process does not run."""


def severity_of(system: System, diagnosis: Diagnosis, observations: Iterable[Observation]) -> Severity:
    """As the newest observation of each process and the symptoms of a diagnosis have it."""
    states = {o.subject: str(o.value) for o in sorted(observations, key=lambda o: o.at) if o.name == "process.state"}
    required = {name for name, spec in system.components.items() if spec.required}
    gone = {subject.partition("#")[0] for subject, state in states.items() if state in DOWN}
    return Severity(
        journeys=frozenset(j for s in diagnosis.symptoms for j in s.journeys), down=frozenset(gone & required)
    )


def risen(before: Severity, after: Severity) -> str:
    """What is wrong now and was not before, in words; empty when it is no worse."""
    journeys, down = sorted(after.journeys - before.journeys), sorted(after.down - before.down)
    said = [f"journey {name} is affected" for name in journeys] + [f"{name} does not run" for name in down]
    return ", ".join(said)

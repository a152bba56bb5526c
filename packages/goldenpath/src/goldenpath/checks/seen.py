"""The newest observations of each subject and name; pure."""

from collections.abc import Sequence

from pydantic import JsonValue

from goldenpath.facts import Observation


class Seen:
    """An index over observations in the order they were made; a later probe of the same subject replaces an earlier."""

    def __init__(self, observations: Sequence[Observation]) -> None:
        """Index these."""
        self._all = tuple(_latest_probes(observations))

    def of(self, subject: str) -> tuple[Observation, ...]:
        """Everything of this subject."""
        return tuple(o for o in self._all if o.subject == subject)

    def named(self, subject: str, name: str) -> tuple[Observation, ...]:
        """Everything of this subject and name."""
        return tuple(o for o in self._all if o.subject == subject and o.name == name)

    def get(self, subject: str, name: str) -> Observation | None:
        """The newest of this subject and name."""
        found = self.named(subject, name)
        return found[-1] if found else None

    def value(self, subject: str, name: str) -> JsonValue:
        """Its value; None when there is none."""
        found = self.get(subject, name)
        return found.value if found else None

    def subjects(self, probe: str) -> tuple[str, ...]:
        """Every subject this probe looked at, in order."""
        return tuple(dict.fromkeys(o.subject for o in self._all if o.probe == probe))


_FIRST = {"edge": "address", "process": "process.state", "health": "health.status"}
"""What each probe notes first: from there on, its earlier observations of the same subject are old."""


def _latest_probes(observations: Sequence[Observation]) -> list[Observation]:
    begins: dict[tuple[str, str], int] = {}
    for index, o in enumerate(observations):
        if _FIRST.get(o.probe) == o.name:
            begins[o.probe, o.subject] = index
    return [o for index, o in enumerate(observations) if index >= begins.get((o.probe, o.subject), 0)]

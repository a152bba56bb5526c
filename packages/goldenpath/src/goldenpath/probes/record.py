"""Where observations are made: ids in order, one clock, and no secret gets through."""

import itertools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TypedDict, Unpack

from pydantic import JsonValue

from goldenpath.facts import Observation
from goldenpath.probes.redact import Redactor

LONGEST = 4000
"""Characters of raw evidence kept with one observation."""
_UNITS = {".ms": "ms", "_ms": "ms", "_s": "s", ".seconds": "s", ".samples": "ms"}


class Labels(TypedDict, total=False):
    """What may be said of an observation besides the fact itself."""

    text: str
    """The raw evidence in words."""
    revision: str
    """Else the recorder's."""
    since: datetime | None
    """When the state began, where the source says so."""
    repeat: str
    """The command that measures it again; else the check."""


def now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


class Recorder:
    """Makes observations with unique ids (`o1`, `o2` … for the prefix `o`) and hides secrets in them."""

    def __init__(
        self,
        prefix: str = "o",
        *,
        revision: str = "",
        secrets: Iterable[str] = (),
        clock: Callable[[], datetime] = now,
        start: int = 1,
    ) -> None:
        """Number from `start`, so that a resumed loop goes on where its journal ends."""
        self.prefix = prefix
        self.revision = revision
        self.redactor = Redactor(secrets)
        self._clock = clock
        self._numbers = itertools.count(start)

    def at(self, revision: str) -> "Recorder":
        """A recorder for another revision that shares the numbering and the secrets."""
        other = Recorder(self.prefix, revision=revision, clock=self._clock)
        other.redactor = self.redactor
        other._numbers = self._numbers
        return other

    def hide(self, *secrets: str) -> None:
        """Never let these values into an observation."""
        self.redactor.hide(*secrets)

    def adopt(self, made: Observation) -> Observation:
        """An observation that another recorder made, under a number of this one and without its secrets."""
        return made.model_copy(
            update={
                "id": f"{self.prefix}{next(self._numbers)}",
                "value": self.redactor.value(made.value),
                "text": self.redactor.text(made.text),
            }
        )

    def observe(
        self, *, probe: str, subject: str, name: str, value: JsonValue, **labels: Unpack[Labels]
    ) -> Observation:
        """Record one fact; the unit follows from the name."""
        return Observation(
            id=f"{self.prefix}{next(self._numbers)}",
            at=self._clock(),
            probe=probe,
            subject=self.redactor.text(subject),
            revision=labels.get("revision") or self.revision,
            since=labels.get("since"),
            name=name,
            value=self.redactor.value(value),
            unit=next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), ""),
            text=self.redactor.text(labels.get("text", ""))[:LONGEST],
            repeat=labels.get("repeat", "goldenpath check"),
        )


class Notes:
    """The observations that one probe makes of one subject."""

    def __init__(self, recorder: Recorder, probe: str, subject: str, revision: str = "") -> None:
        """Note facts of this subject in this revision (else the recorder's)."""
        self._recorder = recorder.at(revision) if revision else recorder
        self.probe = probe
        self.subject = subject
        self._taken: list[Observation] = []

    @property
    def taken(self) -> tuple[Observation, ...]:
        """What was noted so far, in order."""
        return tuple(self._taken)

    def note(self, name: str, value: JsonValue, text: str = "", since: datetime | None = None) -> Observation:
        """Record one fact."""
        taken = self._recorder.observe(
            probe=self.probe, subject=self.subject, name=name, value=value, text=text, since=since
        )
        self._taken.append(taken)
        return taken

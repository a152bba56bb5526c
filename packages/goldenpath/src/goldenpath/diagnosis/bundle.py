"""An evidence bundle: a system and what was observed of it, so that a diagnosis can be drawn again anywhere."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from pydantic import ValidationError

from goldenpath.errors import UsageError
from goldenpath.events import CycleStarted, Diagnosed, LoopEvent, Observed
from goldenpath.facts import Observation, ObservationId, Record
from goldenpath.manifest.model import System

FORMAT = "goldenpath.bundle/1"
"""The only format there is so far; another one is refused, never guessed at."""


class Bundle(Record):
    """The evidence of one investigation, complete: the same bundle gives the same diagnosis everywhere."""

    format: Literal["goldenpath.bundle/1"] = FORMAT
    recorded_at: datetime
    system: System
    """The manifest as it was."""
    observations: tuple[Observation, ...]
    note: str = ""
    """Where it comes from, for people; the engine never reads it."""


def dump(bundle: Bundle, project: str = "") -> str:
    """The bundle as JSON, one observation a line; `project`, a folder of this machine, becomes `{project}`."""
    fields = bundle.model_dump(mode="json", by_alias=True)
    seen = ",\n".join(_line(o) for o in fields.pop("observations"))
    head = ",\n".join(f"{json.dumps(name)}: {_line(value)}" for name, value in fields.items())
    text = f'{{\n{head},\n"observations": [\n{seen}\n]\n}}\n'
    return text.replace(_line(project)[1:-1], "{project}") if project else text


def parse(text: str, where: str) -> Bundle:
    """Read a bundle; UsageError names the first thing that is wrong."""
    try:
        return Bundle.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"no evidence bundle: {place}: {first['msg']}", where=where, hint=f"a bundle is JSON of format {FORMAT}"
        ) from error


def of_journal(system: System, events: Sequence[LoopEvent], note: str = "") -> Bundle:
    """The evidence of a loop's first cycle that names a cause; else of its last diagnosis; else of its last cycle."""
    diagnosed = [e for e in events if isinstance(e, Diagnosed)]
    first = next((e for e in diagnosed if e.diagnosis.causes), diagnosed[-1] if diagnosed else None)
    # A cause in the code is diagnosed once more in its cycle, with the change that was found.
    chosen = next((e for e in reversed(diagnosed) if first and e.cycle == first.cycle), first)
    seen = _observed(events)
    ids = chosen.considered if chosen else tuple(o.id for o in _observed(_last_cycle(events)).values())
    return Bundle(
        recorded_at=(chosen or events[-1]).at,
        system=system,
        observations=tuple(seen[i] for i in ids),
        note=note,
    )


def _observed(events: Iterable[LoopEvent]) -> dict[ObservationId, Observation]:
    return {o.id: o for e in events if isinstance(e, Observed) for o in e.observations}


def _last_cycle(events: Sequence[LoopEvent]) -> Sequence[LoopEvent]:
    starts = [i for i, e in enumerate(events) if isinstance(e, CycleStarted)]
    return events[starts[-1] :] if starts else events


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))

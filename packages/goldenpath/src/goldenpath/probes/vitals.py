"""The vital signs of processes at one moment: which they are, and how much memory they hold."""

from collections.abc import Iterable

import psutil

from goldenpath.facts import Record
from goldenpath.probes.host import families_of
from goldenpath.probes.process import ProcessFacts


class Vital(Record):
    """One process of a component, with everything it started."""

    component: str
    replica: int
    pid: int | None
    state: str
    exit_code: int | None = None
    resident: int = 0
    """Bytes of memory."""


def vitals(processes: Iterable[ProcessFacts]) -> tuple[Vital, ...]:
    """How they are now."""
    return tuple(
        Vital(
            component=facts.component,
            replica=facts.replica,
            pid=facts.pid,
            state=facts.state,
            exit_code=facts.exit_code,
            resident=sum(map(_resident, families_of(facts.pid))),
        )
        for facts in processes
    )


def _resident(pid: int) -> int:
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0

"""Predictions about what the kernel knows of a component's processes: files, memory, processor, disks, queues."""

from collections.abc import Callable

from goldenpath.diagnosis.evidence import Evidence, field, number, text_field
from goldenpath.diagnosis.processes import processes_of
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, any_seen, seen
from goldenpath.diagnosis.rule import Reading, Site
from goldenpath.diagnosis.signatures import speaks_of
from goldenpath.facts import Observation

NEARLY_FILES = 0.95
"""Share of the limit on open files at which the next connections fail."""
THROTTLED = 0.25
"""Share of its periods in which a quota stopped a process, from which everything of it is slow."""
FULL_BYTES = 1 << 20
FULL_SHARE = 0.005
"""Less room than either is none: a write of any size fails."""
BUSY_CORES = 0.85
"""A process of one thread that uses so much of a core does nothing else."""
Judge = Callable[[Observation], Reading]


def files_are_used_up(evidence: Evidence, site: Site) -> Reading:
    """A process of the component has as many files open as it may."""
    return _each(evidence, site, "host.files", _files)


def was_killed_for_memory(evidence: Evidence, site: Site) -> Reading:
    """The kernel killed a process of the component because memory was short.

    The counter of a control group never goes back: without the process' own name in the kernel's log it speaks only of
    a component that has just lost a process.
    """
    gone = any(p.gone for p in processes_of(evidence, site.component))
    return _each(evidence, site, "host.kills", lambda found: _killed(found, gone=gone))


def is_throttled(evidence: Evidence, site: Site) -> Reading:
    """A quota stops the component's processes for much of the time."""
    return _each(evidence, site, "host.cpu", _throttled)


def is_busy(evidence: Evidence, site: Site) -> Reading:
    """A process of the component uses a whole core."""
    return _each(evidence, site, "host.cpu", _busy)


def disk_is_full(evidence: Evidence, site: Site) -> Reading:
    """The file system that holds the component's data has no room."""
    return any_seen(_room(o) for o in _of_component(evidence, site, "host.disk"))


def ended_for_want_of_room(evidence: Evidence, site: Site) -> Reading:
    """A process of the component ended without a signal, and its log says that nothing could be written any more."""
    gone = [p for p in processes_of(evidence, site.component) if p.gone and not p.killed]
    said = [o for o in evidence.all(site.component, "log.errors") if speaks_of(text_field(o, "text"), "disk_full")]
    if not gone or not said:
        return UNKNOWN
    ids = (*(i for p in gone for i in p.observations), *(o.id for o in said))
    return seen(ids, "its process is gone, and said that no space was left on the device")


def disk_is_read_only(evidence: Evidence, site: Site) -> Reading:
    """The file system that holds the component's data cannot be written."""
    return any_seen(_writable(o) for o in _of_component(evidence, site, "host.disk"))


def does_not_accept(evidence: Evidence, site: Site) -> Reading:
    """Connections that the kernel made wait for the component to accept them."""
    return any_seen(_queue(o) for o in evidence.all(site.component, "connections.listener"))


def holds_connections(evidence: Evidence, site: Site) -> str:
    """Who holds connections to the component, by the kernel's own tables, in words; empty when nobody looked."""
    counts = {
        o.subject: number(field(o, "count")) or 0
        for o in evidence.named("connections.to")
        if text_field(o, "to") == site.component
    }
    return ", ".join(f"{name} holds {n:.0f}" for name, n in sorted(counts.items(), key=lambda c: (-c[1], c[0])))


def _each(evidence: Evidence, site: Site, name: str, judge: Judge) -> Reading:
    return any_seen(judge(o) for o in _of_component(evidence, site, name))


def _of_component(evidence: Evidence, site: Site, name: str) -> tuple[Observation, ...]:
    subjects = (site.component, *evidence.subjects(f"{site.component}#"))
    return tuple(o for subject in subjects for o in evidence.all(subject, name))


def _files(found: Observation) -> Reading:
    opened, limit = _number(found, "open"), _number(found, "limit")
    words = f"{opened:.0f} files are open of {limit:.0f} that it may have"
    if limit and opened >= NEARLY_FILES * limit:
        return seen([found], words)
    return against([found], words if limit else "it may open as many files as it likes")


def _killed(found: Observation, *, gone: bool) -> Reading:
    count = _number(found, "count")
    if count and (gone or field(found, "pid") is not None):
        return seen([found], f"the kernel killed it for memory: {found.text}")
    words = "the kernel killed none of its processes for memory"
    return against([found], words if not count else "its processes live, whoever was killed for memory earlier")


def _throttled(found: Observation) -> Reading:
    quota = _number(found, "quota")
    share = max(_number(found, "throttled"), _number(found, "throttled_ever"))
    if quota and share >= THROTTLED:
        return seen([found], f"it may use {quota:g} cores, and was stopped in {share:.0%} of the periods")
    return against([found], f"a quota of {quota:g} cores does not hold it up" if quota else "no quota is set for it")


def _busy(found: Observation) -> Reading:
    cores = _number(found, "cores")
    if cores >= BUSY_CORES:
        return seen([found], f"it uses {cores:g} cores")
    return against([found], f"it uses {cores:g} cores")


def _room(found: Observation) -> Reading:
    free, total = _number(found, "free"), _number(found, "total")
    folder = text_field(found, "folder")
    if total and (free < FULL_BYTES or free < FULL_SHARE * total):
        return seen([found], f"{free:.0f} of {total:.0f} bytes are free at {folder}")
    return against([found], f"{free:.0f} bytes are free at {folder}")


def _writable(found: Observation) -> Reading:
    folder = text_field(found, "folder")
    if field(found, "read_only") is True:
        return seen([found], f"{folder} is mounted read-only")
    return against([found], f"{folder} may be written")


def _queue(found: Observation) -> Reading:
    waiting = _number(found, "waiting")
    words = f"{waiting:.0f} connections wait to be accepted on port {text_field(found, 'port')}"
    return seen([found], words) if waiting else against([found], words)


def _number(found: Observation, name: str) -> float:
    return number(field(found, name)) or 0.0

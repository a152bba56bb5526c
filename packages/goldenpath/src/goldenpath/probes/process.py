"""The processes of a system: their state as the kernel knows it, and whether anything listens on their ports."""

from collections.abc import Iterable, Mapping

import psutil

from goldenpath.facts import Observation, Record
from goldenpath.manifest.model import System
from goldenpath.probes.address import target_of
from goldenpath.probes.record import Notes, Recorder
from goldenpath.probes.route import network_of
from goldenpath.probes.sockets import listeners


class ProcessFacts(Record):
    """One process as its keeper reports it."""

    component: str
    replica: int = 0
    revision: str = ""
    state: str
    """`starting`, `running`, `frozen`, `exited` or `missing`."""
    pid: int | None = None
    exit_code: int | None = None
    uptime_s: float = 0.0


def probe_processes(
    recorder: Recorder, system: System, processes: Iterable[ProcessFacts], environ: Mapping[str, str]
) -> tuple[Observation, ...]:
    """Every process as it is now; of several replicas the subject is `COMPONENT#REPLICA`."""
    observed = (_observe(recorder, system, facts, _port(system, facts, environ)) for facts in processes)
    return tuple(o for one in observed for o in one)


def listening_ports(pid: int | None = None) -> dict[int, tuple[str, ...]]:
    """The ports on which something listens, and at which addresses, seen from the listener's side.

    Of the network that this process is on; without one, or when it has ended, of ours.
    """
    found: dict[int, set[str]] = {}
    for listener in listeners(pid):
        found.setdefault(listener.local_port, set()).add(listener.local)
    return {port: tuple(sorted(addresses)) for port, addresses in found.items()}


def stopped_processes(pid: int) -> tuple[int, ...]:
    """Of a process and its descendants, those that a signal has stopped, the outermost first."""
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.Error:
        return ()
    return tuple(process.pid for process in family if _is_stopped(process))


def _is_stopped(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_STOPPED
    except psutil.Error:
        return False


def _observe(recorder: Recorder, system: System, facts: ProcessFacts, port: int | None) -> tuple[Observation, ...]:
    several = system.components[facts.component].replicas > 1
    subject = f"{facts.component}#{facts.replica}" if several else facts.component
    notes = Notes(recorder, "process", subject, facts.revision)
    stopped = stopped_processes(facts.pid) if facts.pid is not None else ()
    notes.note("process.state", "frozen" if stopped else facts.state, _told(facts, stopped))
    if facts.pid is not None:
        # A stopped descendant is named instead of its parent: it is the one to continue.
        notes.note("process.pid", stopped[0] if stopped else facts.pid)
        notes.note("process.uptime_s", round(facts.uptime_s, 3))
    if facts.exit_code is not None:
        notes.note("process.exit_code", facts.exit_code)
    if port is not None:
        _note_listening(notes, facts, port)
    return notes.taken


def _note_listening(notes: Notes, facts: ProcessFacts, port: int) -> None:
    addresses = listening_ports(facts.pid).get(port, ())
    notes.note("process.listening", bool(addresses), f"port {port}")
    if addresses:
        notes.note("process.listening_at", [*addresses], "0.0.0.0 and :: stand for every address of its host")
    network = network_of(facts.pid) if facts.pid is not None else None
    if network is not None:
        notes.note("process.routes", network.routes, "the table of the network that it is on, which is not ours")
        notes.note("process.addresses", [*network.addresses], "its own ones there")


def _told(facts: ProcessFacts, stopped: tuple[int, ...]) -> str:
    pids = ", ".join(str(pid) for pid in stopped)
    return f"pid {facts.pid}, its keeper says {facts.state}" + (f"; stopped by a signal: {pids}" if stopped else "")


def _port(system: System, facts: ProcessFacts, environ: Mapping[str, str]) -> int | None:
    target = target_of(system.components[facts.component], environ)
    if target is None or not target.port.strip().isdecimal():
        return None
    return int(target.port)

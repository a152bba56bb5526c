"""The observed dependency graph: who holds connections to whom, by the kernel's tables and no declaration."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pydantic import JsonValue

from goldenpath.facts import Observation, Record
from goldenpath.manifest.model import System
from goldenpath.probes.address import target_of
from goldenpath.probes.host import families_of
from goldenpath.probes.process import ProcessFacts
from goldenpath.probes.record import Notes, Recorder
from goldenpath.probes.sockets import Socket, sockets_of

PROBE = "connections"
OUTSIDE = "elsewhere"
"""A peer that no process of the system listens as."""
PATIENCE_S = 0.5
"""What waits in a queue and is gone after so long was on its way: a burst, or a busy machine."""


Listener = tuple[int, str, int]
"""A process, and the address and port at which it listens."""


class Held(Record):
    """The sockets of one component."""

    component: str
    sockets: tuple[Socket, ...]

    @property
    def listening(self) -> frozenset[int]:
        """Ports on which it listens."""
        return frozenset(s.local_port for s in self.sockets if s.state == "listen")


def probe_connections(
    recorder: Recorder, system: System, processes: Iterable[ProcessFacts], environ: Mapping[str, str], revision: str
) -> tuple[Observation, ...]:
    """One observation for each pair of components that are connected, and each listener's queue; it may take 0.5 s."""
    held = _held([*processes])
    waiting = _still_waiting(held)
    owners = {port: h.component for h in held for port in h.listening}
    declared = _declared(system, environ)
    observed: list[Observation] = []
    for one in held:
        notes = Notes(recorder, PROBE, one.component, revision)
        _note_peers(notes, one, owners, declared)
        _note_queues(notes, one, waiting)
        observed += notes.taken
    return tuple(observed)


def _held(processes: Sequence[ProcessFacts]) -> list[Held]:
    """The sockets of each component; a process that descends from two of them belongs to the nearer one."""
    families = {facts.pid: families_of(facts.pid) for facts in processes}
    pids: dict[str, list[int]] = {}
    for facts in processes:
        own = families[facts.pid]
        nested = {p for root in own if root != facts.pid for p in families.get(root, ())}
        pids.setdefault(facts.component, []).extend(p for p in own if p not in nested)
    return [Held(component=name, sockets=sockets_of(dict.fromkeys(found))) for name, found in pids.items()]


def _declared(system: System, environ: Mapping[str, str]) -> dict[int, str]:
    """The component that each configured port belongs to, for those that are not processes of ours."""
    targets = {name: target_of(component, environ) for name, component in system.components.items()}
    return {int(t.port): name for name, t in targets.items() if t and t.port.strip().isdecimal()}


def _note_peers(notes: Notes, one: Held, owners: Mapping[int, str], declared: Mapping[int, str]) -> None:
    """Connections that it opened; those that others opened to it are theirs."""
    opened = [s for s in one.sockets if s.state != "listen" and s.local_port not in one.listening]
    found: dict[str, Counter[str]] = {}
    places: dict[str, str] = {}
    for socket in opened:
        to = owners.get(socket.peer_port) or declared.get(socket.peer_port) or OUTSIDE
        if to == one.component:
            continue
        found.setdefault(to, Counter())[socket.state] += 1
        places[to] = f"{socket.peer}:{socket.peer_port}"
    for to, states in sorted(found.items()):
        counted: dict[str, JsonValue] = {**states}
        value: dict[str, JsonValue] = {"to": to, "states": counted, "count": states.total(), "address": places[to]}
        notes.note("connections.to", value)


def _still_waiting(held: Sequence[Held]) -> dict[Listener, int]:
    """How many connections each listener leaves waiting, at both of two looks where there are any at the first."""
    first = {_listener(s): s.queued for one in held for s in one.sockets if s.state == "listen"}
    if not any(first.values()):
        return first
    time.sleep(PATIENCE_S)
    again = sockets_of({pid for pid, _, _ in first})
    later = {_listener(s): s.queued for s in again if s.state == "listen"}
    return {listener: min(queued, later.get(listener, 0)) for listener, queued in first.items()}


def _listener(socket: Socket) -> Listener:
    return socket.pid, socket.local, socket.local_port


def _note_queues(notes: Notes, one: Held, waiting: Mapping[Listener, int]) -> None:
    for socket in one.sockets:
        if socket.state == "listen":
            value: dict[str, JsonValue] = {
                "port": socket.local_port,
                "waiting": waiting[_listener(socket)],
                "address": socket.local,
                "accepted": sum(s.local_port == socket.local_port and s.state == "established" for s in one.sockets),
            }
            notes.note("connections.listener", value, "waiting: made by the kernel, not yet accepted by the process")

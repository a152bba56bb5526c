"""Which probe to ask next: the one that decides most of what is open, for the least time."""

from collections.abc import Collection, Iterable, Iterator

from goldenpath.diagnosis.chain import journeys_for
from goldenpath.diagnosis.edges import EdgeView
from goldenpath.diagnosis.evidence import SAMPLES, Evidence, edge_name
from goldenpath.diagnosis.explain import Explained
from goldenpath.diagnosis.graph import PUBLIC, door_node
from goldenpath.diagnosis.requests import ProbeKind, ProbeRequest
from goldenpath.diagnosis.rivals import rivals_of
from goldenpath.diagnosis.rule import Judged, Prediction
from goldenpath.manifest.model import System

BATCH = 12
"""Requests answered together: what they say may make the others needless."""
QUICK = 5.0
"""What costs more is asked only when nothing quicker is left to ask."""
COSTS: dict[ProbeKind, float] = {
    "env": 1,
    "process": 1,
    "host": 1.5,
    "server": 3,
    "log": 1,
    "health": 2,
    "code": 12,
    "access": 5,
    "schema": 6,
    "edge": 4,
    "edge_at_last_good": 5,
    "edge_samples": 8,
    "public": 6,
    "journey": 20,
    "journey_at_last_good": 20,
}
"""Relative time of each probe."""
UNPROBED = "no probe of ours: "
"""What only a person, or somebody else's tool, can look at."""
SWEEPS = frozenset[ProbeKind]({"process", "log", "env", "health", "schema", "code", "host"})
"""One request measures every component: a second one for another component would measure the same again."""
SAID_BY: dict[ProbeKind, tuple[str, ...]] = {
    "process": ("process.state",),
    "host": ("host.kills", "host.memory"),
    "env": ("env.ok", "env.violation"),
    "health": ("health.status",),
    "log": ("startup.failed",),
}
"""What is observed wherever one of these was asked: one request measures every component."""
LOCAL = 3.0
"""Weight of a hypothesis at the very place of a symptom, against one that reaches it from afar."""


def choose(explained: Explained, asked: Collection[ProbeRequest]) -> tuple[ProbeRequest, ...]:
    """The next requests, best first; none when nothing more can be learned."""
    if not explained.symptoms.seen:
        return _first_look(explained.evidence, asked)
    gains: dict[ProbeRequest, float] = {}
    for judged, weight in _undecided(explained):
        for request in _wanted(judged, explained.evidence.system):
            gains[request] = gains.get(request, 0.0) + weight / COSTS[request.probe]
    swept = {r.probe for r in asked if r.probe in SWEEPS}
    wanted = [r for r in gains if r not in asked and r.probe not in swept and not _is_answered(r, explained.evidence)]
    best = sorted(wanted, key=lambda r: (-gains[r], r.probe, r.subject))
    quick = [r for r in best if COSTS[r.probe] <= QUICK]
    return tuple(_once(quick or best))[:BATCH]


def _once(best: list[ProbeRequest]) -> Iterator[ProbeRequest]:
    """No measurement twice: a sweep covers every component, and repeated connects cover a single one."""
    repeated = {r.subject for r in best if r.probe == "edge_samples"}
    done: set[ProbeRequest | ProbeKind] = set()
    for request in best:
        is_covered = request.probe == "edge" and request.subject in repeated
        chosen = ProbeRequest(probe="edge_samples", subject=request.subject) if is_covered else request
        key = chosen.probe if chosen.probe in SWEEPS else chosen
        if key not in done:
            done.add(key)
            yield chosen


def missing(explained: Explained) -> tuple[str, ...]:
    """What would decide the open hypotheses, in words: what our probes can measure first, each by rank."""
    system = explained.evidence.system
    said = [words for ranked in explained.open for words in decided_by(ranked.judged, system)]
    probed = [words for words in said if not words.startswith(UNPROBED)]
    return tuple(dict.fromkeys((*probed, *(words for words in said if words.startswith(UNPROBED)))))


def decided_by(judged: Judged, system: System) -> tuple[str, ...]:
    """The measurements that one hypothesis still wants, the cheapest first."""
    wanted = [(p, r) for p in judged.wanted for r in _requests(p, judged, system)]
    cheapest = sorted(wanted, key=lambda pair: COSTS[pair[1].probe])
    unprobed = [f"{UNPROBED}{p.states}" for p in judged.wanted if p.probe is None]
    return tuple(dict.fromkeys((*(f"{r.probe} of {r.subject}: {p.states}" for p, r in cheapest), *unprobed)))


def _undecided(explained: Explained) -> Iterator[tuple[Judged, float]]:
    local = {place.node for _, place in explained.unexplained} | {place.names for _, place in explained.unexplained}
    for ranked in explained.open:
        judged = ranked.judged
        near = judged.site.component in local or local.intersection((*judged.site.nodes, *judged.site.edges))
        yield judged, (LOCAL if near else 1.0) * (1.0 + ranked.score)
    for named in explained.causes:
        yield named.judged, LOCAL
        seen = (s for s in explained.symptoms.symptoms if s.id in named.explains)
        journeys = journeys_for(named.judged, seen)
        for rival in rivals_of(named.judged, explained.evidence, journeys):
            if rival.status == "open":
                yield rival, 1.0


def _wanted(judged: Judged, system: System) -> Iterator[ProbeRequest]:
    for prediction in judged.wanted:
        yield from _requests(prediction, judged, system)


def _requests(prediction: Prediction, judged: Judged, system: System) -> Iterator[ProbeRequest]:
    site = judged.site
    match prediction.probe:
        case None:
            return
        case "edge" | "edge_at_last_good" | "edge_samples":
            subjects: Iterable[str] = site.edges
        case "process" | "log" | "host" | "server":
            subjects = [site.component] if site.component in system.components else []
        case "journey" | "journey_at_last_good":
            subjects = site.journeys
        case "code":
            subjects = ["code"]
        case "access":
            subjects = [door_node(system.doors.component)] if system.access else []
        case "public":
            subjects = [PUBLIC] if system.doors.public else []
        case "env":
            subjects = ["revision"]
        case "schema":
            subjects = ["schema"]
        case "health":
            subjects = [system.doors.component]
    yield from (ProbeRequest(probe=prediction.probe, subject=subject) for subject in subjects)


def _is_answered(request: ProbeRequest, evidence: Evidence) -> bool:
    """Whether this was measured already: what it left unknown it cannot tell."""
    subject = request.subject
    match request.probe:
        case "edge":
            return EdgeView(evidence, subject).measured
        case "edge_samples":
            return any(o.subject == subject for o in evidence.history(SAMPLES))
        case "edge_at_last_good" | "journey_at_last_good":
            return bool(evidence.subjects(f"{subject}@"))
        case "server":
            return any(o.subject == subject and o.probe == "server" for o in evidence.observations)
        case "journey":
            return any("@" not in found for found in evidence.subjects(subject))
        case "schema" | "code" | "access" | "public":
            return bool(evidence.subjects(subject))
        case "process" | "host" | "env" | "health" | "log":
            return any(evidence.named(name) for name in SAID_BY[request.probe])


def _first_look(evidence: Evidence, asked: Collection[ProbeRequest]) -> tuple[ProbeRequest, ...]:
    """While nothing is wrong: what has not been looked at yet, and a synthetic run once all the rest is well."""
    system = evidence.system
    parts = (
        ProbeRequest(probe="env", subject="revision"),
        ProbeRequest(probe="process", subject=system.doors.component),
        *(ProbeRequest(probe="edge", subject=edge_name(e)) for e in system.edges),
        ProbeRequest(probe="health", subject=system.doors.component),
        *([ProbeRequest(probe="public", subject=PUBLIC)] if system.doors.public else []),
    )
    runs = (ProbeRequest(probe="journey", subject=f"journey:{n}") for n, j in system.journeys.items() if j.is_synthetic)
    unseen, unmade = (
        tuple(r for r in requests if r not in asked and not _is_answered(r, evidence)) for requests in (parts, runs)
    )
    return unseen or unmade

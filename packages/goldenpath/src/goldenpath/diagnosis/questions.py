"""Which probe to ask next: the one that decides most of what is open, for the least time."""

from collections.abc import Collection, Iterable, Iterator

from goldenpath.diagnosis.evidence import Evidence, edge_name
from goldenpath.diagnosis.explain import Explained
from goldenpath.diagnosis.rivals import rivals_of
from goldenpath.diagnosis.rule import Judged, Prediction, ProbeKind, ProbeRequest
from goldenpath.manifest.model import System

BATCH = 8
"""Requests answered together: what they say may make the others needless."""
COSTS: dict[ProbeKind, float] = {
    "env": 1,
    "process": 1,
    "log": 1,
    "health": 2,
    "schema": 4,
    "edge": 4,
    "edge_at_last_good": 5,
    "edge_samples": 8,
    "journey": 20,
}
"""Relative time of each probe."""
LOCAL = 3.0
"""Weight of a hypothesis at the very place of a symptom, against one that reaches it from afar."""


def choose(explained: Explained, asked: Collection[ProbeRequest]) -> tuple[ProbeRequest, ...]:
    """The next requests, best first; none when nothing more can be learned."""
    if not explained.symptoms.seen:
        return tuple(r for r in _first_look(explained.evidence) if r not in asked)
    gains: dict[tuple[str, str], float] = {}
    for judged, weight in _undecided(explained):
        for request in _wanted(judged, explained.evidence.system):
            key = (request.probe, request.subject)
            gains[key] = gains.get(key, 0.0) + weight / COSTS[request.probe]
    done = {(r.probe, r.subject) for r in asked}
    best = sorted((k for k in gains if k not in done), key=lambda k: (-gains[k], k))
    return tuple(ProbeRequest.model_validate({"probe": probe, "subject": subject}) for probe, subject in best[:BATCH])


def missing(explained: Explained) -> tuple[str, ...]:
    """What would decide the open hypotheses, in words."""
    system = explained.evidence.system
    wanted = [(p, r) for j in explained.open for p in j.wanted for r in (*_requests(p, j, system), None)]
    named = [f"{r.probe} of {r.subject}: {p.states}" for p, r in wanted if r]
    unprobed = [f"no probe of ours: {p.states}" for p, _ in wanted if p.probe is None]
    return tuple(dict.fromkeys((*named, *unprobed)))


def _undecided(explained: Explained) -> Iterator[tuple[Judged, float]]:
    local = {place.node for _, place in explained.unexplained} | {place.names for _, place in explained.unexplained}
    for judged in explained.open:
        near = judged.site.component in local or local.intersection((*judged.site.nodes, *judged.site.edges))
        yield judged, LOCAL if near else 1.0
    for named in explained.causes:
        yield named.judged, LOCAL
        journeys = {j for s in explained.symptoms.symptoms if s.id in named.explains for j in s.journeys}
        for rival in rivals_of(named.judged, explained.evidence, tuple(sorted(journeys))):
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
        case "process" | "log":
            subjects = [site.component] if site.component in system.components else []
        case "journey":
            subjects = site.journeys
        case "env":
            subjects = ["revision"]
        case "schema":
            subjects = ["schema"]
        case "health":
            subjects = [system.doors.component]
    yield from (ProbeRequest(probe=prediction.probe, subject=subject) for subject in subjects)


def _first_look(evidence: Evidence) -> Iterator[ProbeRequest]:
    """While nothing is wrong: what has not been looked at yet."""
    system = evidence.system
    if not evidence.named("env.ok") and not evidence.named("env.violation"):
        yield ProbeRequest(probe="env", subject="revision")
    for name in system.components:
        if not evidence.get(name, "process.state"):
            yield ProbeRequest(probe="process", subject=name)
    for edge in system.edges:
        if not evidence.get(edge_name(edge), "address"):
            yield ProbeRequest(probe="edge", subject=edge_name(edge))
    if not evidence.named("health.status"):
        yield ProbeRequest(probe="health", subject=system.doors.component)
    for name, journey in system.journeys.items():
        if journey.conversation and not evidence.subjects(f"journey:{name}"):
            yield ProbeRequest(probe="journey", subject=f"journey:{name}")

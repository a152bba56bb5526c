"""From observations to a diagnosis, and to the probes that would decide what is open; pure and deterministic."""

from collections.abc import Collection, Iterable

from goldenpath.diagnosis.chain import build_cause
from goldenpath.diagnosis.claims import judge_claims
from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.explain import Explained
from goldenpath.diagnosis.questions import choose, decided_by, missing
from goldenpath.diagnosis.ranking import Ranked
from goldenpath.diagnosis.requests import ProbeRequest
from goldenpath.diagnosis.risk import at_risk
from goldenpath.diagnosis.rivals import as_rival
from goldenpath.facts import Diagnosis, Observation, Rival
from goldenpath.manifest.model import System


def diagnose(system: System, observations: Iterable[Observation]) -> Diagnosis:
    """Name the deepest causes that the observations prove; `not_proven` where they do not reach."""
    evidence = Evidence(system, observations)
    if not evidence.observations:
        return Diagnosis(verdict="not_proven", missing_evidence=("nothing was observed",))
    explained = Explained(evidence)
    if not explained.symptoms.seen:
        return Diagnosis(verdict="pass")
    causes = tuple(
        build_cause(named.judged, named.explains, explained.symptoms, explained.graph, evidence)
        for named in explained.causes
    )
    symptoms = explained.symptoms.symptoms
    return Diagnosis(
        verdict="fail" if causes else "not_proven",
        symptoms=symptoms,
        causes=causes,
        open_rivals=_once(_as_open(ranked, system) for ranked in explained.open),
        refuted=_once(as_rival(judged) for judged in explained.refuted),
        missing_evidence=(*_unheard_of(explained), *missing(explained), *_unlabelled(evidence)),
        claims=judge_claims(explained, causes),
        at_risk=at_risk(system, symptoms, causes),
    )


def next_probes(
    system: System, observations: Iterable[Observation], asked: Collection[ProbeRequest]
) -> tuple[ProbeRequest, ...]:
    """The measurements that would decide most of what is open; none when nothing more can be learned."""
    return choose(Explained(Evidence(system, observations)), asked)


def _as_open(ranked: Ranked, system: System) -> Rival:
    """An open hypothesis with its place among the others, and what would decide it."""
    return as_rival(ranked.judged).model_copy(
        update={
            "reason": ranked.because,
            "score": ranked.score,
            "explains": ranked.explains,
            "decided_by": decided_by(ranked.judged, system),
        }
    )


def _once(rivals: Iterable[Rival]) -> tuple[Rival, ...]:
    """The same statement about the same component is one, however many edges it is judged on."""
    kept: dict[tuple[str, str, str], Rival] = {}
    for rival in rivals:
        kept.setdefault((rival.cause, rival.component, rival.statement), rival)
    return tuple(kept.values())


def _unheard_of(explained: Explained) -> tuple[str, ...]:
    """Symptoms for which no hypothesis is left: whatever it is, the catalogue does not have it."""
    possible = {i for ranked in explained.open for i in ranked.explains}
    left = (symptom for symptom, _ in explained.unexplained if symptom.id not in possible)
    return tuple(f"nothing in the catalogue explains it: {symptom.statement}" for symptom in left)


def _unlabelled(evidence: Evidence) -> tuple[str, ...]:
    """Log lines of no known revision are hints: what they say may be of another time."""
    count = len(evidence.hints)
    return (f"the revision of {count} log lines: without it they are hints and were not used",) if count else ()

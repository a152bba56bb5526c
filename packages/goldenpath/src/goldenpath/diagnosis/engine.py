"""From observations to a diagnosis, and to the probes that would decide what is open; pure and deterministic."""

from collections.abc import Collection, Iterable

from goldenpath.diagnosis.chain import build_cause
from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.explain import Explained
from goldenpath.diagnosis.questions import choose, missing
from goldenpath.diagnosis.requests import ProbeRequest
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
    return Diagnosis(
        verdict="fail" if causes else "not_proven",
        symptoms=explained.symptoms.symptoms,
        causes=causes,
        open_rivals=_open_rivals(explained),
        missing_evidence=missing(explained),
    )


def next_probes(
    system: System, observations: Iterable[Observation], asked: Collection[ProbeRequest]
) -> tuple[ProbeRequest, ...]:
    """The measurements that would decide most of what is open; none when nothing more can be learned."""
    return choose(Explained(Evidence(system, observations)), asked)


def _open_rivals(explained: Explained) -> tuple[Rival, ...]:
    found = (as_rival(j) for j in explained.open)
    return tuple({(r.cause, r.component, r.statement): r for r in found}.values())

"""The decoys of a cause, judged at its place: refuted by observations, or still open."""

from goldenpath.diagnosis.catalogue.index import RULES
from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.judge import judge
from goldenpath.diagnosis.rule import Judged
from goldenpath.facts import Rival


def rivals_of(cause: Judged, evidence: Evidence, journeys: tuple[str, ...]) -> tuple[Judged, ...]:
    """Every decoy that the catalogue lists for this cause, where it applies."""
    site = cause.site.model_copy(update={"journeys": tuple(f"journey:{j}" for j in journeys)})
    judged = (judge(RULES[name], evidence, site) for name in cause.rule.rivals)
    return tuple(j for j in judged if _applies(j))


def as_rival(judged: Judged, evidence: Evidence) -> Rival:
    """The same as a fact for the report."""
    refutation = judged.refutation
    return Rival(
        cause=judged.rule.id,
        component=judged.site.component,
        statement=judged.rule.statement(evidence, judged.site) if not refutation else _claim(judged),
        refuted_by=refutation.observations if refutation else (),
        reason=refutation.words if refutation else "",
    )


def _claim(judged: Judged) -> str:
    return f"{judged.rule.id.replace('_', ' ')} at {judged.site.component}"


def _applies(judged: Judged) -> bool:
    """A decoy about edges or journeys says nothing of a place that has none."""
    if judged.status == "refuted":
        return True
    return any(p.probe is None or _has_subject(p.probe, judged) for p in judged.wanted)


def _has_subject(probe: str, judged: Judged) -> bool:
    if probe.startswith("edge"):
        return bool(judged.site.edges)
    return bool(judged.site.journeys) if probe == "journey" else True

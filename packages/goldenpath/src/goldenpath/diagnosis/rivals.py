"""The decoys of a cause, judged at its place: refuted by observations, or still open."""

from goldenpath.diagnosis.catalogue.index import RULES
from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.judge import judge
from goldenpath.diagnosis.places import journeys as journeys_of
from goldenpath.diagnosis.rule import CauseRule, Judged, Site
from goldenpath.facts import Rival


def rivals_of(cause: Judged, evidence: Evidence, journeys: tuple[str, ...]) -> tuple[Judged, ...]:
    """Every decoy that the catalogue lists for this cause, where it applies; `journeys` are subjects."""
    site = cause.site.model_copy(update={"journeys": journeys})
    rules = [rule for name in cause.rule.rivals if _applies(rule := RULES[name], site)]
    return tuple(judge(rule, evidence, _moved(rule, site, evidence)) for rule in rules)


def as_rival(judged: Judged) -> Rival:
    """The same as a fact for the report."""
    refutation = judged.refutation
    return Rival(
        cause=judged.rule.id,
        component=judged.site.component,
        statement=judged.rule.claim.format(component=judged.site.component, variable=judged.site.variable),
        refuted_by=refutation.observations if refutation else (),
        reason=refutation.words if refutation else "",
    )


def _applies(rule: CauseRule, site: Site) -> bool:
    """A decoy about connections or journeys says nothing of a place that has none."""
    probes = {p.probe for p in (*rule.must, *rule.refuters) if p.probe}
    if "journey" in probes:
        return bool(site.journeys)
    return bool(site.edges) or not any(probe.startswith("edge") for probe in probes)


def _moved(rule: CauseRule, site: Site, evidence: Evidence) -> Site:
    """What concerns a journey concerns the component with the doors."""
    if rule.places is not journeys_of:
        return site
    return site.model_copy(update={"component": evidence.system.doors.component})

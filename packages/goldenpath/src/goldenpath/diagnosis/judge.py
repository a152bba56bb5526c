"""One hypothesis against the evidence: confirmed, refuted or open."""

from collections.abc import Iterable

from goldenpath.diagnosis.catalogue.index import RULES
from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.rule import CauseRule, Judged, Prediction, Reading, Site

Heard = tuple[Prediction, Reading]


def judge(rule: CauseRule, evidence: Evidence, site: Site) -> Judged:
    """Confirmed: every `must` is seen and no refuter. Refuted: one is measured otherwise. Open: all else."""
    must = _hear(rule.must, evidence, site)
    refuters = _hear(rule.refuters, evidence, site)
    refutation = _first("against", must) or _first("seen", refuters)
    wanted = tuple(p for p, r in (*must, *refuters) if r.state == "unknown")
    seen = tuple(r for _, r in must if r.state == "seen")
    if refutation:
        return Judged(rule=rule, site=site, status="refuted", seen=seen, refutation=refutation)
    if any(r.state == "unknown" for _, r in must):
        hints = tuple(r for _, r in must if r.state == "unknown" and r.observations)
        return Judged(rule=rule, site=site, status="open", seen=seen, wanted=wanted, hints=hints)
    return _confirmed(rule, evidence, site, Judged(rule=rule, site=site, status="confirmed", seen=seen, wanted=wanted))


def judge_all(evidence: Evidence) -> tuple[Judged, ...]:
    """Every hypothesis of the catalogue, everywhere it could hold, in the catalogue's order."""
    return tuple(judge(rule, evidence, site) for rule in RULES.values() for site in rule.places(evidence))


def merge(judged: Iterable[Judged], evidence: Evidence) -> tuple[Judged, ...]:
    """The same cause at the same component is one cause, however many edges show it."""
    groups: dict[tuple[str, str, str], list[Judged]] = {}
    for one in judged:
        groups.setdefault((one.rule.id, one.site.component, one.site.variable), []).append(one)
    return tuple(judge(group[0].rule, evidence, _merged([g.site for g in group])) for group in groups.values())


def _confirmed(rule: CauseRule, evidence: Evidence, site: Site, found: Judged) -> Judged:
    should = _hear(_should(rule), evidence, site)
    held = tuple(r for _, r in should if r.state == "seen")
    wanted = tuple(p for p, r in should if r.state == "unknown")
    return found.model_copy(
        update={
            "seen": (*found.seen, *held),
            "supports": tuple(dict.fromkeys(i for r in (*found.seen, *held) for i in r.observations)),
            "wanted": (*found.wanted, *wanted),
            "firm": bool(held) or not rule.should,
        }
    )


def _should(rule: CauseRule) -> tuple[Prediction, ...]:
    if rule.change is None:
        return rule.should
    return (
        *rule.should,
        Prediction(states="what changed against the last good revision", read=rule.change, probe="env"),
    )


def _hear(predictions: Iterable[Prediction], evidence: Evidence, site: Site) -> tuple[Heard, ...]:
    return tuple((p, p.read(evidence, site)) for p in predictions)


def _first(state: str, heard: Iterable[Heard]) -> Reading | None:
    return next((r for _, r in heard if r.state == state and r.observations), None)


def _merged(sites: list[Site]) -> Site:
    return sites[0].model_copy(
        update={
            "nodes": tuple(sorted({n for s in sites for n in s.nodes})),
            "edges": tuple(sorted({e for s in sites for e in s.edges})),
            "journeys": tuple(sorted({j for s in sites for j in s.journeys})),
        }
    )

"""The chain of whys: from the symptom that people feel down to the cause, each link with its observations."""

from collections.abc import Iterable
from itertools import pairwise

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.graph import EffectGraph
from goldenpath.diagnosis.rivals import as_rival, rivals_of
from goldenpath.diagnosis.rule import Judged
from goldenpath.diagnosis.symptoms import Seen, Symptoms
from goldenpath.facts import Cause, Confidence, Link, Symptom

NEAREST_TO_PEOPLE = ("journey:", "test:", "health", "revision")
"""Where a chain prefers to begin."""


def build_cause(
    judged: Judged, explained: tuple[str, ...], seen: Symptoms, graph: EffectGraph, evidence: Evidence
) -> Cause:
    """State a confirmed hypothesis as a cause with its chain."""
    pairs = [(s, place) for s, place in seen.pairs() if s.id in explained]
    rivals = rivals_of(judged, evidence, journeys_for(judged, (s for s, _ in pairs)))
    values = {"component": judged.site.component, "variable": judged.site.variable}
    return Cause(
        id=judged.rule.id,
        component=judged.site.component,
        statement=judged.rule.statement(evidence, judged.site),
        confidence=_confidence(judged, rivals),
        chain=(*_way_down(judged, pairs, graph), *_last(judged, pairs, rivals, evidence)),
        mechanism=judged.rule.mechanism.format_map(values),
        missing_control=judged.rule.missing_control,
        explains=explained,
        detail={"fix": judged.rule.fix, **judged.rule.detail(evidence, judged.site)},
    )


def journeys_for(judged: Judged, explained: Iterable[Symptom]) -> tuple[str, ...]:
    """Subjects of the journeys on which people may blame the way there: those they saw fail, or else could."""
    symptoms = tuple(explained)
    felt = {s.subject for s in symptoms if s.subject.startswith("journey:")}
    reached = {f"journey:{j}" for s in symptoms for j in s.journeys} if judged.rule.runs_end else set[str]()
    return tuple(sorted(felt or reached))


def _confidence(judged: Judged, rivals: tuple[Judged, ...]) -> Confidence:
    decided = all(r.status == "refuted" for r in rivals)
    return "proven" if judged.firm and decided else "likely"


def _way_down(judged: Judged, pairs: list[tuple[Symptom, Seen]], graph: EffectGraph) -> tuple[Link, ...]:
    """One link for each step of the graph where something was seen; steps without observations are left out."""
    steps = _steps(judged, pairs, graph)
    return tuple(
        Link(
            question=f"Why: {upper.statement}?",
            answer=lower.statement,
            observations=tuple(dict.fromkeys((*upper.observations, *lower.observations))),
        )
        for upper, lower in pairwise(steps)
    )


def _last(
    judged: Judged, pairs: list[tuple[Symptom, Seen]], rivals: tuple[Judged, ...], evidence: Evidence
) -> tuple[Link, ...]:
    nearest = next((s for s, place in pairs if place.node in judged.site.nodes), pairs[0][0])
    statement = judged.rule.statement(evidence, judged.site)
    link = Link(
        question=f"Why: {nearest.statement}?",
        answer=statement,
        observations=judged.supports,
        rivals=tuple(as_rival(r) for r in rivals),
    )
    change = judged.rule.change(evidence, judged.site) if judged.rule.change else None
    if change is None or change.state != "seen":
        return (link,)
    return (
        link,
        Link(question="What changed?", answer=change.words, observations=change.observations),
    )


def _steps(judged: Judged, pairs: list[tuple[Symptom, Seen]], graph: EffectGraph) -> list[Symptom]:
    """The symptoms on the way from the one that people feel to the cause, top first, one a node."""
    top_symptom, top = min(pairs, key=lambda pair: _rank(pair[1].node))
    by_node = {place.node: s for s, place in sorted(pairs, key=lambda pair: pair[1].telling)}
    path = graph.path(judged.site.nodes, top.node)
    below = [by_node[n] for n in reversed(path) if n in by_node and n != top.node]
    return [top_symptom, *below]


def _rank(node: str) -> int:
    return next((i for i, prefix in enumerate(NEAREST_TO_PEOPLE) if node.startswith(prefix)), len(NEAREST_TO_PEOPLE))

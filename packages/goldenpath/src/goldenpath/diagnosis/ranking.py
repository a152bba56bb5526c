"""The order of the open hypotheses: what explains more, is seen in part, changed lately and lies nearer comes first."""

from collections.abc import Iterable, Sequence

from goldenpath.diagnosis.evidence import Evidence, text_field
from goldenpath.diagnosis.graph import EffectGraph
from goldenpath.diagnosis.news import news_of
from goldenpath.diagnosis.onset import may_precede
from goldenpath.diagnosis.rule import Judged, Reading
from goldenpath.diagnosis.symptoms import HEALTHY, Seen
from goldenpath.facts import Observation, Record, Symptom

Pair = tuple[Symptom, Seen]
WEIGHTS = {
    "explained": 3.0,
    "seen": 2.0,
    "changed": 2.0,
    "told": 2.0,
    "near": 1.0,
    "prior": 1.0,
    "time": 1.0,
    "news": 1.0,
}
"""How much each reason counts. Chosen, not learned: they order what to look at and never decide what is named."""
UNKNOWN = 0.5
"""Where nobody says anything: between what speaks for a hypothesis and what speaks against it."""
HINT = 0.5
"""Somebody's word for a prediction, against a measurement of it."""


class Ranked(Record):
    """An open hypothesis, how well it fits, and why."""

    judged: Judged
    score: float
    explains: tuple[str, ...]
    because: str


def rank(
    judged: Iterable[Judged], evidence: Evidence, graph: EffectGraph, unexplained: Sequence[Pair]
) -> tuple[Ranked, ...]:
    """Open hypotheses, best first; equal ones keep the catalogue's order."""
    ranked = [_ranked(one, evidence, graph, unexplained) for one in judged]
    return tuple(sorted(ranked, key=lambda r: -r.score))


def _ranked(judged: Judged, evidence: Evidence, graph: EffectGraph, unexplained: Sequence[Pair]) -> Ranked:
    mine = [pair for pair in unexplained if graph.brings_about(judged.site.nodes, pair[1].node, pair[1].names)]
    change = judged.rule.change(evidence, judged.site) if judged.rule.change else None
    points, news = news_of(evidence, judged.site.component)
    steps = min((len(graph.path(judged.site.nodes, place.node)) for _, place in mine), default=1)
    parts = {
        "explained": len(mine) / max(1, len(unexplained)),
        "seen": _seen(judged),
        "changed": _changed(change),
        "told": _told(judged, evidence),
        "near": 1 / max(1, steps),
        "prior": judged.rule.prior,
        "news": points,
        "time": may_precede(evidence, judged.seen_in, tuple(i for s, _ in mine for i in s.observations)),
    }
    score = sum(WEIGHTS[name] * part for name, part in parts.items()) / sum(WEIGHTS.values())
    words = [
        f"explains {len(mine)} of {len(unexplained)} symptoms",
        *_words(judged, change, steps),
        *([news] if news else []),
    ]
    return Ranked(judged=judged, score=round(score, 3), explains=tuple(s.id for s, _ in mine), because=", ".join(words))


def _seen(judged: Judged) -> float:
    """The share of what it predicts that is seen already."""
    spoken_for = len(judged.seen) + HINT * len(judged.hints)
    return spoken_for / max(1, len(judged.seen) + len(judged.wanted))


def _told(judged: Judged, evidence: Evidence) -> float:
    """Whether what the system says of the component fits: that it fails, that it is slow, or that it is well."""
    named = [o for o in evidence.named("health.dependency") if _is_about(o, judged.site.component, evidence)]
    if not named:
        return UNKNOWN
    if text_field(named[0], "status").lower() in HEALTHY:
        return 0.0
    return 1.0 if bool(text_field(named[0], "error")) != judged.rule.still_answers else 0.0


def _is_about(observation: Observation, component: str, evidence: Evidence) -> bool:
    return evidence.component_named(text_field(observation, "name")) == component


def _changed(change: Reading | None) -> float:
    if change is None or change.state == "unknown":
        return UNKNOWN
    return 1.0 if change.state == "seen" else 0.0


def _words(judged: Judged, change: Reading | None, steps: int) -> list[str]:
    seen = [r.words for r in (*judged.seen, *judged.hints) if r.words]
    changed = [change.words] if change and change.state == "seen" else []
    way = "at the place itself" if steps <= 1 else f"{steps - 1} step{'s' if steps > 2 else ''} away"  # noqa: PLR2004
    return [*changed, *seen, way]

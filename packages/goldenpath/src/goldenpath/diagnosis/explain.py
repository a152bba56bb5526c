"""Which confirmed hypotheses are causes, which are effects of others, and what they leave unexplained."""

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.graph import EffectGraph
from goldenpath.diagnosis.judge import judge_all, merge
from goldenpath.diagnosis.onset import is_too_late
from goldenpath.diagnosis.ranking import rank
from goldenpath.diagnosis.rule import Judged
from goldenpath.diagnosis.symptoms import Seen, Symptoms, find_symptoms
from goldenpath.facts import Record, Symptom


class Named(Record):
    """A confirmed hypothesis that nothing deeper explains, and the symptoms it accounts for."""

    judged: Judged
    explains: tuple[str, ...]


class Explained:
    """Everything that follows from one set of observations."""

    def __init__(self, evidence: Evidence) -> None:
        """Derive symptoms, judge every hypothesis, keep the deepest."""
        self.evidence = evidence
        self.graph = EffectGraph(evidence)
        self.symptoms: Symptoms = find_symptoms(evidence, self.graph)
        self._judged = judge_all(evidence) if self.symptoms.seen else ()
        self.causes = self._causes()
        self.unexplained = self._unexplained()
        self.open = rank(self._open(), evidence, self.graph, self.unexplained)
        self.refuted = self._refuted()

    def accounts_for(self, judged: Judged, place: Seen) -> bool:
        """Whether this state can bring the symptom about: on a way of the graph, and not after it."""
        on_the_way = self.graph.brings_about(judged.site.nodes, place.node, place.names)
        return on_the_way and not is_too_late(self.evidence, judged.seen_in, place.observations)

    def _causes(self) -> tuple[Named, ...]:
        confirmed = [j for j in self._judged if j.status == "confirmed" and j.rule.names == "cause"]
        named = [Named(judged=j, explains=self._explained_by(j)) for j in merge(confirmed, self.evidence)]
        telling = [n for n in named if n.explains and not n.judged.rule.last_resort]
        deepest = self._without_effects(telling, telling)
        resorts = self._last_resorts([n for n in named if n.judged.rule.last_resort], deepest)
        roots = [*self._without_effects(deepest, resorts), *resorts]
        return tuple(sorted(roots, key=lambda n: (not n.judged.firm, -len(n.explains))))

    def _without_effects(self, named: list[Named], deeper: list[Named]) -> list[Named]:
        """Those that none of `deeper` brings about."""
        return [n for n in named if not any(self._lies_under(other, n) for other in deeper if other is not n)]

    def _last_resorts(self, named: list[Named], others: list[Named]) -> list[Named]:
        """Those that explain something which no other cause does, in the catalogue's order."""
        done = {i for other in others for i in other.explains}
        kept: list[Named] = []
        for one in named:
            if not done.issuperset(one.explains):
                kept.append(one)
                done.update(one.explains)
        return kept

    def _explained_by(self, judged: Judged) -> tuple[str, ...]:
        return tuple(s.id for s, place in self.symptoms.pairs() if self.accounts_for(judged, place))

    def _lies_under(self, deep: Named, shallow: Named) -> bool:
        """Whether the first brings the second about; where each reaches the other, the catalogue's order decides."""
        rule, site = shallow.judged.rule, shallow.judged.site
        if not rule.is_effect(self.evidence, site):
            return False
        if not self.graph.reach(deep.judged.site.nodes) & set(site.nodes):
            return False
        mutual = self.graph.reach(site.nodes) & set(deep.judged.site.nodes)
        return not mutual or self._order(deep) < self._order(shallow)

    def _order(self, named: Named) -> int:
        return next(i for i, j in enumerate(self._judged) if j.rule.id == named.judged.rule.id)

    def _unexplained(self) -> tuple[tuple[Symptom, Seen], ...]:
        done = {i for named in self.causes for i in named.explains}
        return tuple(pair for pair in self.symptoms.pairs() if pair[0].id not in done)

    def _open(self) -> tuple[Judged, ...]:
        """Hypotheses that could explain what is left: not yet decided, or tempting and beyond our probes."""
        return self._about_unexplained([j for j in self._judged if j.status == "open" or self._is_tempting(j)])

    def _refuted(self) -> tuple[Judged, ...]:
        return self._about_unexplained([j for j in self._judged if j.status == "refuted"])

    def _about_unexplained(self, judged: list[Judged]) -> tuple[Judged, ...]:
        return tuple(j for j in judged if any(self.accounts_for(j, place) for _, place in self.unexplained))

    def judged_as(self, rule_id: str) -> tuple[Judged, ...]:
        """Every judgement on this hypothesis, wherever it could hold."""
        return tuple(j for j in self._judged if j.rule.id == rule_id)

    def _is_tempting(self, judged: Judged) -> bool:
        return judged.status == "confirmed" and judged.rule.names == "rival"

"""What people gave as the cause, judged like every other hypothesis; a claim is never evidence."""

from collections.abc import Iterator

from goldenpath.diagnosis.catalogue.index import RULES
from goldenpath.diagnosis.evidence import text_field
from goldenpath.diagnosis.explain import Explained
from goldenpath.diagnosis.rule import Judged
from goldenpath.facts import Cause, Claim, Observation

NO_STATE = "it names no change of state: an absent safeguard may be why nothing caught it, and is not why it happened"
NOT_THERE = "the catalogue knows no place in this system where that could hold"


def judge_claims(explained: Explained, causes: tuple[Cause, ...]) -> tuple[Claim, ...]:
    """Each claim with what the evidence says of it, in the order in which they were made."""
    return tuple(_judged(o, explained, causes) for o in explained.evidence.named("claim.cause"))


def _judged(observation: Observation, explained: Explained, causes: tuple[Cause, ...]) -> Claim:
    cause, component = text_field(observation, "cause"), text_field(observation, "component")
    claim = Claim(
        statement=text_field(observation, "statement"),
        cause=cause,
        component=component,
        verdict="no_state",
        reason=NO_STATE,
    )
    if cause not in RULES:
        return claim
    named = next((c for c in causes if c.id == cause and c.component == component), None)
    if named:
        ids = tuple(i for link in named.chain for i in link.observations)
        return claim.model_copy(update={"verdict": "named", "reason": named.statement, "observations": ids})
    return _unnamed(claim, tuple(_there(explained, cause, component)))


def _there(explained: Explained, cause: str, component: str) -> Iterator[Judged]:
    for judged in explained.judged_as(cause):
        if component in {"", judged.site.component, judged.site.variable}:
            yield judged


def _unnamed(claim: Claim, found: tuple[Judged, ...]) -> Claim:
    """Refuted only where it is refuted at every place that it speaks of."""
    if not found:
        return claim.model_copy(update={"reason": NOT_THERE})
    refutations = [j.refutation for j in found if j.refutation]
    if len(refutations) == len(found):
        ids = tuple(dict.fromkeys(i for r in refutations for i in r.observations))
        words = "; ".join(dict.fromkeys(r.words for r in refutations))
        return claim.model_copy(update={"verdict": "refuted", "reason": words, "observations": ids})
    wanted = next((p.states for j in found for p in j.wanted), "nothing that it predicts was seen")
    return claim.model_copy(update={"verdict": "open", "reason": f"not measured: {wanted}"})

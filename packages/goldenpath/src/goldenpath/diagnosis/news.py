"""What logs and metrics say that they did not say while all was well: it points at a component and proves nothing."""

from goldenpath.diagnosis.evidence import Evidence, field, number, text_field
from goldenpath.facts import Observation

NOBODY_LOOKED = 0.5
"""Between what speaks for a component and what speaks against it."""
QUIET = 0.25
"""Its log was read and has nothing new: most faults of a component show in its log, and not all."""
BAD = frozenset({"critical", "fatal", "error", "warning", "warn"})
LONGEST = 120


def news_of(evidence: Evidence, component: str) -> tuple[float, str]:
    """How much the differences since the last good state point at this component, from 0 to 1, and in which words."""
    found = _of_log(evidence, component) or _slower(evidence, component) or _of_metrics(evidence, component)
    if found:
        return 1.0, found
    kinds = evidence.get(component, "log.kinds")
    return (QUIET if kinds is not None and field(kinds, "new") == 0 else NOBODY_LOOKED), ""


def _of_log(evidence: Evidence, component: str) -> str:
    """Lines of its own that are new and bad, the most frequent first; else those of others that name it."""
    bad = [o for o in evidence.named("log.new") if text_field(o, "level") in BAD]
    own = [o for o in bad if o.subject.partition("#")[0] == component]
    named = [o for o in bad if component in _words(o)]
    most = max(own or named, key=lambda o: number(field(o, "count")) or 0.0, default=None)
    return f"new in the log of {most.subject}: {text_field(most, 'text')[:LONGEST]}" if most else ""


def _words(observation: Observation) -> set[str]:
    return {word.strip(".,:;()[]'\"").lower() for word in text_field(observation, "text").split()}


def _slower(evidence: Evidence, component: str) -> str:
    found = evidence.all(component, "log.slower")
    if not found:
        return ""
    before, after = text_field(found[0], "before"), text_field(found[0], "after")
    return f"by its own log {text_field(found[0], 'text')[:LONGEST]} went from {before} to {after}"


def _of_metrics(evidence: Evidence, component: str) -> str:
    """A metric that changed much and carries the component in its name or labels; the one that changed most."""
    mine = [o for o in evidence.named("metric.changed") if component in text_field(o, "metric").lower()]
    most = max(mine, key=lambda o: abs(number(field(o, "effect")) or 0.0), default=None)
    return f"since all was well {text_field(most, 'metric')[:LONGEST]} changed" if most else ""

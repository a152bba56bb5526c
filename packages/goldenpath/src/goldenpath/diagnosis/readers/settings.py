"""Predictions about who reads the configuration inside a running revision."""

from collections import defaultdict

from goldenpath.diagnosis.evidence import Evidence, field, number, text_field, variables_of
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, seen
from goldenpath.diagnosis.rule import Reading, Site
from goldenpath.facts import Observation


def readers_disagree(evidence: Evidence, site: Site) -> Reading:
    """Two readers inside the revision do not agree whether one setting is set."""
    del site
    readers = _by_setting(evidence)
    torn = {name: found for name, found in readers.items() if len({bool(field(o, "set")) for o in found}) > 1}
    if torn:
        words = "; ".join(f"{name} is {_shares(found)}" for name, found in torn.items())
        return seen((o for found in torn.values() for o in found), words)
    asked = [o for found in readers.values() if len(found) > 1 for o in found]
    return against(asked, "every reader gets the same") if asked else UNKNOWN


def is_at_work(evidence: Evidence, site: Site) -> Reading:
    """Against a lack of the variable: the system reports an answer of the component that it leads to."""
    if not _leads_there(evidence, site):
        return UNKNOWN
    for o in evidence.named("health.dependency"):
        answered = number(field(o, "ms")) and not text_field(o, "error")
        if answered and evidence.component_named(text_field(o, "name")) == site.component:
            words = f"{site.component} answered after {text_field(o, 'ms')} ms: whoever asked can log in there"
            return against([o], words)
    return UNKNOWN


def _leads_there(evidence: Evidence, site: Site) -> bool:
    spec = evidence.system.components.get(site.component)
    return spec is not None and site.variable in variables_of(spec).values()


def _by_setting(evidence: Evidence) -> dict[str, list[Observation]]:
    found: dict[str, list[Observation]] = defaultdict(list)
    for o in evidence.named("config.reader"):
        found[text_field(o, "setting")].append(o)
    return found


def _shares(found: list[Observation]) -> str:
    return ", ".join(f"{'set' if field(o, 'set') else 'not set'} for {text_field(o, 'reader')}" for o in found)

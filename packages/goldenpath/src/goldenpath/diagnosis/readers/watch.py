"""Predictions about a revision under traffic, from the time in which it was watched after its promotion."""

from collections.abc import Sequence

from goldenpath.diagnosis.evidence import Evidence, field, number, text_field
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, seen
from goldenpath.diagnosis.rule import Reading, Site
from goldenpath.facts import Observation


def grows(evidence: Evidence, site: Site) -> Reading:
    """The component holds ever more memory, beyond what the last good revision took under as many requests."""
    return _either(evidence, site, ("watch.grown",), ("watch.memory",))


def is_slower(evidence: Evidence, site: Site) -> Reading:
    """Requests take much longer than at the last good revision just before, and the machine is not to blame."""
    return _either(evidence, site, ("watch.slower",), ("watch.as_fast",))


def fails(evidence: Evidence, site: Site) -> Reading:
    """Requests of people fail, or its log has errors that it had not."""
    return _either(evidence, site, ("watch.failed", "watch.complaint"), ("watch.requests",))


def ended(evidence: Evidence, site: Site) -> Reading:
    """A process of the component ended while it was watched, by itself."""
    found = evidence.all(site.component, "watch.ended")
    own = [o for o in found if (number(field(o, "exit_code")) or 0) >= 0]
    if own:
        return seen(own, own[0].text)
    return against(found, "a signal ended it") if found else UNKNOWN


def any_ended(evidence: Evidence, site: Site) -> Reading:
    """Some process of the revision ended: what fails then fails for that."""
    del site
    found = evidence.named("watch.ended")
    return seen(found, found[0].text) if found else UNKNOWN


def was_served_before(evidence: Evidence, site: Site) -> Reading:
    """The last good revision served the same requests just before."""
    found = evidence.get(site.component, "watch.before")
    if found is None:
        return UNKNOWN
    failed, count, revision = (text_field(found, name) for name in ("failed", "count", "revision"))
    words = f"{failed} of {count} requests failed at {revision} just before"
    return (seen if failed == "0" else against)([found], words)


def _either(evidence: Evidence, site: Site, bad: Sequence[str], good: Sequence[str]) -> Reading:
    found = _all(evidence, site, bad)
    if found:
        return seen(found, "; ".join(o.text[:160] for o in found[:2]))
    well = _all(evidence, site, good)
    return against(well, well[0].text) if well else UNKNOWN


def _all(evidence: Evidence, site: Site, names: Sequence[str]) -> list[Observation]:
    return [o for name in names for o in evidence.all(site.component, name)]

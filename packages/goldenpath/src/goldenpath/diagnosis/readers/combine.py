"""Readings of several places or predictions taken together."""

from collections.abc import Iterable

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.rule import Read, Reading, Site
from goldenpath.facts import Observation

UNKNOWN = Reading(state="unknown")


def seen(observations: Iterable[Observation | str], words: str) -> Reading:
    """The prediction holds."""
    return Reading(state="seen", observations=_ids(observations), words=words)


def against(observations: Iterable[Observation | str], words: str) -> Reading:
    """Something else was measured."""
    return Reading(state="against", observations=_ids(observations), words=words)


def hint(observations: Iterable[Observation | str], words: str) -> Reading:
    """Nobody has measured it; what somebody says speaks for it."""
    return Reading(state="unknown", observations=_ids(observations), words=words)


def any_seen(readings: Iterable[Reading]) -> Reading:
    """Seen if one place shows it; against only if every place was measured and none shows it."""
    found = tuple(readings)
    positive = [r for r in found if r.state == "seen"]
    if positive:
        return _joined("seen", positive)
    if not found or any(r.state == "unknown" for r in found):
        return _joined("unknown", [r for r in found if r.state == "unknown"])
    return _joined("against", found)


def all_seen(readings: Iterable[Reading]) -> Reading:
    """Seen if every place shows it; against if one was measured otherwise."""
    found = tuple(readings)
    negative = [r for r in found if r.state == "against"]
    if negative:
        return _joined("against", negative)
    if not found or any(r.state == "unknown" for r in found):
        return _joined("unknown", found)
    return _joined("seen", found)


def either(*reads: Read) -> Read:
    """One of several predictions is enough."""

    def read(evidence: Evidence, site: Site) -> Reading:
        return any_seen(r(evidence, site) for r in reads)

    return read


def both(*reads: Read) -> Read:
    """Several predictions together."""

    def read(evidence: Evidence, site: Site) -> Reading:
        return all_seen(r(evidence, site) for r in reads)

    return read


def first_known(*reads: Read) -> Read:
    """The first of several sources that says anything."""

    def read(evidence: Evidence, site: Site) -> Reading:
        found = (r(evidence, site) for r in reads)
        return next((reading for reading in found if reading.state != "unknown"), UNKNOWN)

    return read


def or_where(exception: Read, read_other: Read) -> Read:
    """The other prediction, unless the exception is seen: one that was not looked for takes nothing away."""

    def read(evidence: Evidence, site: Site) -> Reading:
        found = exception(evidence, site)
        return found if found.state == "seen" else read_other(evidence, site)

    return read


def none_against(*reads: Read) -> Read:
    """Every source that knows anything agrees."""

    def read(evidence: Evidence, site: Site) -> Reading:
        found = [r for r in (one(evidence, site) for one in reads) if r.state != "unknown"]
        return all_seen(found)

    return read


def negated(read_other: Read) -> Read:
    """The opposite of a prediction."""

    def read(evidence: Evidence, site: Site) -> Reading:
        reading = read_other(evidence, site)
        match reading.state:
            case "seen":
                return reading.model_copy(update={"state": "against"})
            case "against":
                return reading.model_copy(update={"state": "seen"})
            case "unknown":
                return reading

    return read


def never_observed(evidence: Evidence, site: Site) -> Reading:
    """No observation of ours speaks of it."""
    del evidence, site
    return UNKNOWN


def _ids(observations: Iterable[Observation | str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(o if isinstance(o, str) else o.id for o in observations))


def _joined(state: str, readings: Iterable[Reading]) -> Reading:
    found = tuple(readings)
    ids = _ids(i for r in found for i in r.observations)
    words = "; ".join(dict.fromkeys(r.words for r in found if r.words))
    return Reading.model_validate({"state": state, "observations": ids, "words": words})

"""Predictions about the laws of the data: whether rows break one, and whether the system still keeps it."""

from goldenpath.diagnosis.evidence import Evidence, field, number, text_field
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, all_seen, seen
from goldenpath.diagnosis.readers.journey import contract_is_broken
from goldenpath.diagnosis.rule import Reading, Site
from goldenpath.diagnosis.symptoms import ended_well


def is_broken(evidence: Evidence, site: Site) -> Reading:
    """Rows break the law that the site names."""
    found = evidence.get(site.nodes[0], "invariant.breaches")
    if found is None:
        return UNKNOWN
    count = number(field(found, "count")) or 0
    if count:
        return seen([found], f"{count:.0f} breaches of {text_field(found, 'name')!r}, such as {_first(evidence, site)}")
    return against([found], "no row breaks it")


def is_kept_now(evidence: Evidence, site: Site) -> Reading:
    """A run made now keeps the law: whoever writes is well, and what is stored was changed afterwards."""
    return all_seen(_kept(evidence, site, journey) for journey in site.journeys)


def _kept(evidence: Evidence, site: Site, journey: str) -> Reading:
    terminal, run = evidence.get(journey, "run.terminal"), evidence.get(journey, "run.id")
    name = journey.removeprefix("journey:")
    conversation = evidence.system.journeys[name].conversation
    if terminal is None or run is None or conversation is None:
        return UNKNOWN
    if not ended_well(terminal, conversation):
        return UNKNOWN
    broken = contract_is_broken(evidence, site.model_copy(update={"journeys": (journey,)}))
    if broken.state == "seen":
        return against(broken.observations, f"a run made now breaks laws, too: {broken.words}")
    if str(run.value) in _sample(evidence, site):
        return against([run], "a run made now is among those that break it")
    return seen([terminal, run, *broken.observations], "a run made now keeps every law")


def _sample(evidence: Evidence, site: Site) -> tuple[str, ...]:
    found = evidence.get(site.nodes[0], "invariant.breaches")
    listed = field(found, "sample") if found else None
    return tuple(map(str, listed)) if isinstance(listed, list) else ()


def _first(evidence: Evidence, site: Site) -> str:
    return next(iter(_sample(evidence, site)), "none that is shown")

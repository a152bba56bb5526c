"""Causes that lie in the stored events themselves."""

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import with_nothing
from goldenpath.diagnosis.readers import laws
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always


def _laws(evidence: Evidence) -> tuple[Site, ...]:
    """Every law of the data, at the component that stores it; any journey that converses shows whether it is kept."""
    system = evidence.system
    journeys = tuple(f"journey:{name}" for name, journey in system.journeys.items() if journey.conversation)
    return tuple(
        Site(component=law.component, nodes=(f"invariant:{law.name}",), journeys=journeys) for law in system.invariants
    )


def _damaged(evidence: Evidence, site: Site) -> str:
    words = laws.is_broken(evidence, site).words
    return f"rows of {site.component} were changed behind the system's back: {words}; what is written now is lawful"


RULES = (
    CauseRule(
        id="rows_damaged",
        claim="rows of {component} were changed behind the system's back",
        places=_laws,
        statement=_damaged,
        mechanism="readers of what was stored before find a story with a hole or with two ends",
        missing_control="only the system's own role may change these rows, and nobody may delete them",
        must=(
            Prediction(states="whether rows break the law", read=laws.is_broken, probe=None),
            Prediction(states="whether a run made now keeps it", read=laws.is_kept_now, probe="journey"),
        ),
        rivals=("process_dead", "process_frozen", "websocket_broken", "event_contract_broken"),
        is_effect=always,
        detail=with_nothing,
    ),
)

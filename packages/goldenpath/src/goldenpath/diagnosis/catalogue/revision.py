"""Causes that come with a revision: its schema, its events, and whether it serves at all."""

from pydantic import JsonValue

from goldenpath.diagnosis.catalogue.release import with_files
from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import door, journeys, schema, with_nothing
from goldenpath.diagnosis.readers import journey, state
from goldenpath.diagnosis.readers.code import code_changed
from goldenpath.diagnosis.readers.combine import never_observed
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always


def _migrations(evidence: Evidence, site: Site) -> str:
    words = state.migrations_are_pending(evidence, site).words
    return f"the schema of {site.component} lacks what the revision needs: {words}"


def _events(evidence: Evidence, site: Site) -> str:
    words = journey.contract_is_broken(evidence, site).words
    return f"the events that {site.component} delivers break their contract: {words}"


def _other(evidence: Evidence, site: Site) -> str:
    return f"{site.component} does not serve what was deployed: {state.another_revision_serves(evidence, site).words}"


def _socket(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"the WebSocket of {site.component} is broken"


def _not_executed(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"the run was accepted by {site.component} and never executed, or hangs"


def _not_delivered(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"events are written and {site.component} delivers them to nobody"


def _label(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
    """With the deployed configuration and another name, the variable with the name is wrong; else no fix."""
    expected = evidence.get(site.component, "expected.fingerprint")
    served = evidence.get(site.component, "version.fingerprint")
    if expected is None or served is None or expected.value != served.value:
        return {"fix": "none"}
    return {"variable": evidence.system.contract.revision_variable}


RULES = (
    CauseRule(
        id="migration_missing",
        claim="migrations of {component} are missing",
        places=schema,
        statement=_migrations,
        mechanism="statements fail on tables or columns that do not exist, or the start-up refuses",
        missing_control="the deploy runs pending migrations before it starts a candidate",
        must=(Prediction(states="which migrations are pending", read=state.migrations_are_pending, probe="schema"),),
        rivals=("process_dead", "credentials_refused", "route_broken"),
        is_effect=always,
        fix="migrations",
        detail=with_nothing,
    ),
    CauseRule(
        id="event_contract_broken",
        claim="the events of {component} break their contract",
        places=journeys,
        statement=_events,
        mechanism="readers wait for events that do not come, or drop what they cannot place",
        missing_control="the laws of the events are checked on every synthetic run before promotion",
        must=(
            Prediction(states="the frames of a run that ended well", read=journey.contract_is_broken, probe="journey"),
        ),
        rivals=("websocket_broken",),
        change=code_changed,
        is_effect=always,
        fix="roll_back",
        detail=with_files,
    ),
    CauseRule(
        id="other_revision_serves",
        claim="{component} serves something else than what was deployed",
        places=door,
        statement=_other,
        mechanism="what is tested is not what was deployed",
        missing_control="the target echoes revision and configuration, and the gate compares them",
        must=(Prediction(states="what the door echoes", read=state.another_revision_serves, probe="health"),),
        is_effect=always,
        fix="variable",
        detail=_label,
    ),
    CauseRule(
        id="websocket_broken",
        claim="the WebSocket of {component} is broken",
        names="rival",
        places=journeys,
        statement=_socket,
        mechanism="no event can arrive",
        must=(
            Prediction(
                states="hand-shake, ready frame and other events", read=journey.socket_is_broken, probe="journey"
            ),
        ),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="run_not_executed",
        claim="the run is not executed",
        names="rival",
        places=journeys,
        statement=_not_executed,
        mechanism="nothing is written that could be delivered",
        must=(
            Prediction(states="how the run ended", read=journey.run_is_silent, probe="journey"),
            Prediction(states="the run's row and its worker's log lines, by run id", read=never_observed, probe=None),
        ),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="events_undelivered",
        claim="events are written and not delivered",
        names="rival",
        places=journeys,
        statement=_not_delivered,
        mechanism="what is written does not reach the reader",
        must=(
            Prediction(states="how the run ended", read=journey.run_is_silent, probe="journey"),
            Prediction(states="events written and events sent, by run id", read=never_observed, probe=None),
        ),
        is_effect=always,
        detail=with_nothing,
    ),
)

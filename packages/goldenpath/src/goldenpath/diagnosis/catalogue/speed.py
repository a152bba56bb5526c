"""A wait that somebody put there, and the explanations that a wait tempts people to."""

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import edges, with_changes, with_nothing
from goldenpath.diagnosis.readers import edge, env, process, waits
from goldenpath.diagnosis.readers.combine import either, negated, never_observed
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always

CONNECT_PHASES = ("dns", "tcp", "tls", "first_byte", "auth", "connect")


def _delay(evidence: Evidence, site: Site) -> str:
    words = waits.connect_is_constant(evidence, site).words
    return f"every new connection to {site.component} pays a fixed wait ({words}); queries do not"


def _small(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"the server of {site.component} is too small or overloaded"


def _reporter(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"what reports on {site.component} waits for itself: a pool, a lock or its own limit"


RULES = (
    CauseRule(
        id="connect_delay",
        claim="each connect to {component} is held for a fixed time",
        places=edges(),
        statement=_delay,
        mechanism="something on the way to {component} holds each connection for the same time before it goes on",
        missing_control="the gate compares the time of each phase with its budget",
        must=(
            Prediction(states="the times by phase", read=waits.over_budget(*CONNECT_PHASES), probe="edge"),
            Prediction(
                states="whether repeated connects take the same time",
                read=waits.connect_is_constant,
                probe="edge_samples",
            ),
            Prediction(states="the time of a query once connected", read=waits.query_is_fast, probe="edge"),
            Prediction(states="the time of the name alone", read=negated(waits.name_is_slow), probe="edge"),
        ),
        should=(
            Prediction(
                states="whether the last good revision's address is fast",
                read=waits.last_good_is_fast,
                probe="edge_at_last_good",
            ),
        ),
        refuters=(
            Prediction(
                states="whether the same address is fast a moment later",
                read=waits.same_address_is_fast,
                probe="edge_at_last_good",
            ),
        ),
        rivals=("server_slow", "resolver_slow", "process_frozen", "route_broken"),
        change=env.changed(*env.HOST_FIELDS),
        still_answers=True,
        is_effect=always,
        fix="variable",
        detail=with_changes(*env.HOST_FIELDS),
    ),
    CauseRule(
        id="server_slow",
        claim="the server of {component} is too small or overloaded",
        names="rival",
        places=edges(),
        statement=_small,
        mechanism="work waits for a processor, a disk or a lock",
        must=(
            Prediction(
                states="processor, disk and connections of the server over time", read=never_observed, probe=None
            ),
        ),
        refuters=(
            Prediction(states="the time of a query once connected", read=waits.query_is_fast, probe="edge"),
            Prediction(
                states="whether the wait is constant",
                read=either(waits.connect_is_constant, waits.reports_are_constant),
                probe="edge_samples",
            ),
            Prediction(
                states="whether its process runs",
                read=either(process.component_state("frozen"), process.is_gone),
                probe="process",
            ),
            Prediction(states="whether the server was reached", read=edge.ends_before("first_byte"), probe="edge"),
        ),
        still_answers=True,
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="reporter_waits",
        claim="what reports on {component} waits for itself",
        names="rival",
        places=edges(),
        statement=_reporter,
        mechanism="the reporter's own wait is shown as the component's",
        must=(Prediction(states="the same from outside the reporter", read=waits.reporter_waits_alone, probe="edge"),),
        still_answers=True,
        is_effect=always,
        detail=with_nothing,
    ),
)

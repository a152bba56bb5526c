"""Causes at log-in: a server that answers, and says no."""

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import LLM, edges, with_changes, with_nothing
from goldenpath.diagnosis.readers import edge, env
from goldenpath.diagnosis.readers.combine import either
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always

CONTROL = "a candidate without traffic has to log in to every dependency before it is promoted"
REFUSED = ("bad_password", "login_refused", "no_permission")
STATES = (
    "starting_up",
    "shutting_down",
    "disk_full",
    "memory_full",
    "read_only",
    "lock_timeout",
    "statement_timeout",
)
"""States in which a server answers and does not work."""
INSIDE = ("disk_full", "memory_full", "store_read_only", "persistence_failed", "lock_held")
"""What a look inside tells apart; one that holds is named instead."""
DECOYS = ("process_dead", "port_closed", "route_broken", "name_unresolved")


def _refused(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"{site.component} refuses the name or password that it is given"


def _no_database(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"{site.component} has no database of the configured name"


def _state(evidence: Evidence, site: Site) -> str:
    return f"the server of {site.component} is in a state in which it does not work: {_in_state(evidence, site).words}"


_in_state = either(edge.fails("auth", STATES), edge.fails("query", STATES))
_LAST_GOOD = Prediction(
    states="whether the last good log-in works", read=edge.last_good_gets("auth"), probe="edge_at_last_good"
)

RULES = (
    CauseRule(
        id="credentials_refused",
        claim="{component} refuses the log-in",
        places=edges(without=LLM),
        statement=_refused,
        mechanism="connections to {component} are made and then turned away at log-in",
        missing_control=CONTROL,
        must=(Prediction(states="where the connection ends", read=edge.fails("auth", REFUSED), probe="edge"),),
        should=(_LAST_GOOD,),
        rivals=DECOYS,
        change=env.changed(*env.LOGIN_FIELDS),
        is_effect=always,
        fix="variable",
        detail=with_changes(*env.LOGIN_FIELDS),
    ),
    CauseRule(
        id="database_unknown",
        claim="{component} lacks the database",
        places=edges(without=LLM),
        statement=_no_database,
        mechanism="connections to {component} are made and then turned away at log-in",
        missing_control=CONTROL,
        must=(
            Prediction(
                states="where the connection ends", read=edge.fails("auth", ("unknown_database",)), probe="edge"
            ),
        ),
        should=(_LAST_GOOD,),
        rivals=DECOYS,
        change=env.changed("database"),
        is_effect=always,
        fix="variable",
        detail=with_changes("database"),
    ),
    CauseRule(
        id="server_state",
        claim="the server of {component} does not work",
        places=edges(without=LLM),
        statement=_state,
        mechanism="{component} takes connections and refuses work",
        missing_control="the server's own state is watched: disk, memory, role, locks",
        must=(Prediction(states="what the server answers", read=_in_state, probe="edge"),),
        rivals=(*DECOYS, *INSIDE),
        is_effect=always,
        detail=with_nothing,
    ),
)

"""What a change broke, where nothing else says how: the same from the last good revision works, here it does not."""

from pydantic import JsonValue

from goldenpath.diagnosis.catalogue.release import behaviour
from goldenpath.diagnosis.evidence import Evidence, text_field
from goldenpath.diagnosis.places import edges, with_changes
from goldenpath.diagnosis.readers import code, edge, env, waits
from goldenpath.diagnosis.readers.combine import negated
from goldenpath.diagnosis.readers.deploys import only_this_changed
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always

CONTROL = "a candidate without traffic is held against the last good revision, dependency by dependency and run by run"
FIELDS = ("host", "port", "url", "user", "password", "database", "tls", "model")
PHASES = ("dns", "tcp", "tls", "first_byte", "auth", "connect", "query")
_changed = env.changed(*FIELDS)
_CHANGED = Prediction(states="which of its variables differ from the last good revision", read=_changed, probe="env")


def _broken(evidence: Evidence, site: Site) -> str:
    return f"the change of how {site.component} is reached broke it: {edge.ends(evidence, site).words}"


def _slowed(evidence: Evidence, site: Site) -> str:
    words = waits.over_budget(*PHASES)(evidence, site).words
    return f"the change of how {site.component} is reached made it slow: {words}"


def _misled(evidence: Evidence, site: Site) -> str:
    names = ", ".join(_names(evidence))
    return f"the change of {names} makes {site.component} fail: {code.behaves_badly(evidence, site).words}"


def _names(evidence: Evidence) -> list[str]:
    return [text_field(o, "variable") for o in evidence.all("revision", "env.changed")]


def _with_names(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
    del site
    return {"variables": [*_names(evidence)]}


RULES = (
    CauseRule(
        id="change_breaks_edge",
        claim="a change of how {component} is reached broke it",
        places=edges(),
        statement=_broken,
        mechanism="{component} works as it did, and what was changed does not lead to it or into it any more",
        missing_control=CONTROL,
        must=(
            Prediction(states="where the connection ends", read=edge.ends, probe="edge"),
            _CHANGED,
            Prediction(
                states="whether the last good settings work now",
                read=edge.last_good_gets("query"),
                probe="edge_at_last_good",
            ),
        ),
        rivals=("process_dead", "server_slow"),
        last_resort=True,
        change=_changed,
        is_effect=always,
        fix="variable",
        detail=with_changes(*FIELDS),
    ),
    CauseRule(
        id="change_slows_edge",
        claim="a change of how {component} is reached made it slow",
        places=edges(),
        statement=_slowed,
        mechanism="{component} is as fast as it was, and the new way to it is not",
        missing_control=CONTROL,
        must=(
            Prediction(states="the times by phase", read=waits.over_budget(*PHASES), probe="edge"),
            _CHANGED,
            Prediction(
                states="whether the last good settings are fast now",
                read=waits.last_good_is_fast,
                probe="edge_at_last_good",
            ),
        ),
        rivals=("process_dead", "process_frozen"),
        last_resort=True,
        still_answers=True,
        change=_changed,
        is_effect=always,
        fix="variable",
        detail=with_changes(*FIELDS),
    ),
    CauseRule(
        id="change_breaks_run",
        claim="a change of the configuration makes runs fail",
        places=behaviour,
        statement=_misled,
        mechanism="the same program with the same neighbours does something else than it should",
        missing_control=CONTROL,
        must=(
            Prediction(states="how a synthetic run goes", read=code.behaves_badly, probe="journey"),
            Prediction(states="which variables differ from the last good", read=only_this_changed, probe="env"),
            Prediction(
                states="the same run at the last good revision",
                read=code.last_good_behaves,
                probe="journey_at_last_good",
            ),
            Prediction(states="whether the code is the same", read=negated(code.code_changed), probe="code"),
        ),
        refuters=(Prediction(states="whether every dependency answers", read=code.an_edge_fails, probe="edge"),),
        rivals=("websocket_broken", "run_not_executed", "events_undelivered"),
        last_resort=True,
        change=only_this_changed,
        is_effect=always,
        fix="variable",
        detail=_with_names,
    ),
)

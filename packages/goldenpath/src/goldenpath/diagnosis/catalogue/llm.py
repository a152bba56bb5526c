"""Causes at a language model's provider; they share one decoy, the WebSocket on which events do not arrive."""

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import LLM, edges, with_changes
from goldenpath.diagnosis.readers import edge, env, models, waits
from goldenpath.diagnosis.readers.combine import both, either
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always

CONTROL = "the gate makes one real call to the model, with the key of the candidate, before promotion"
OFTEN = 0.7
"""Keys are handed from store to store, and expire."""
LIMITS = ("rate_limited", "quota_exhausted")
DECOYS = ("websocket_broken", "process_dead", "route_broken")
_silent = either(
    edge.fails("first_byte", ("timeout",)),
    edge.fails("auth", ("timeout",)),
    edge.fails("query", ("timeout",)),
    both(waits.over_budget("query"), env.changed("url", "model")),
)
_cut = edge.fails("first_byte", ("closed", "ECONNRESET", "EPIPE"))
_unreached = either(edge.fails("dns"), edge.fails("tcp"), edge.fails("tls"), _cut)
_no_model = either(
    edge.fails("auth", ("model_not_found",)), edge.fails("query", ("model_not_found",)), models.is_turned_down
)
_limited = either(edge.fails("auth", LIMITS), edge.fails("query", LIMITS))
_failing = either(edge.fails("auth", ("other", "closed")), edge.fails("query", ("other", "closed")))
_LAST_GOOD = Prediction(
    states="whether the last good settings work", read=edge.last_good_gets("auth"), probe="edge_at_last_good"
)


def _key(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"{site.component} refuses the key that it is given"


def _model(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"{site.component} does not know the configured model"


def _unreachable(evidence: Evidence, site: Site) -> str:
    return f"{site.component} cannot be reached: {_unreached(evidence, site).words}"


def _slow(evidence: Evidence, site: Site) -> str:
    return f"{site.component} takes the question and does not answer in time: {_silent(evidence, site).words}"


def _limit(evidence: Evidence, site: Site) -> str:
    return f"{site.component} turns calls away at a limit of the account: {_limited(evidence, site).words}"


def _broken(evidence: Evidence, site: Site) -> str:
    return f"{site.component} answers calls with faults of its own: {_failing(evidence, site).words}"


RULES = (
    CauseRule(
        id="llm_key_refused",
        claim="{component} refuses the key",
        places=edges(only=LLM),
        statement=_key,
        mechanism="runs start and end at the first call to the model",
        missing_control=CONTROL,
        must=(
            Prediction(
                states="what the provider says to the key", read=edge.fails("auth", ("key_refused",)), probe="edge"
            ),
        ),
        should=(_LAST_GOOD,),
        rivals=(*DECOYS, "llm_unreachable", "llm_slow"),
        prior=OFTEN,
        change=env.changed("password", "url"),
        runs_end=True,
        is_effect=always,
        fix="variable",
        detail=with_changes("password", "url"),
    ),
    CauseRule(
        id="llm_model_unknown",
        claim="{component} does not know the model",
        places=edges(only=LLM),
        statement=_model,
        mechanism="runs start and end at the first call to the model",
        missing_control=CONTROL,
        must=(Prediction(states="what the provider says to the model's name", read=_no_model, probe="edge"),),
        should=(_LAST_GOOD,),
        rivals=(*DECOYS, "llm_unreachable", "llm_key_refused"),
        change=env.changed("model", "url"),
        runs_end=True,
        is_effect=always,
        fix="variable",
        detail=with_changes("model", "url"),
    ),
    CauseRule(
        id="llm_unreachable",
        claim="{component} cannot be reached",
        places=edges(only=LLM),
        statement=_unreachable,
        mechanism="each call to the model ends before the provider has seen it",
        missing_control=CONTROL,
        must=(Prediction(states="where the connection ends", read=_unreached, probe="edge"),),
        should=(_LAST_GOOD,),
        rivals=(*DECOYS, "llm_key_refused", "llm_slow"),
        change=env.changed("url"),
        runs_end=True,
        is_effect=always,
        fix="variable",
        detail=with_changes("url"),
    ),
    CauseRule(
        id="llm_slow",
        claim="{component} does not answer in time",
        places=edges(only=LLM),
        statement=_slow,
        mechanism="runs wait for the model until their own deadline",
        missing_control=CONTROL,
        must=(Prediction(states="how long an answer of one token takes", read=_silent, probe="edge"),),
        should=(_LAST_GOOD,),
        rivals=(*DECOYS, "llm_key_refused", "llm_unreachable", "process_frozen"),
        change=env.changed("url", "model"),
        is_effect=always,
        fix="variable",
        detail=with_changes("url", "model"),
    ),
    CauseRule(
        id="llm_limited",
        claim="{component} limits the calls",
        places=edges(only=LLM),
        statement=_limit,
        mechanism="runs end, or wait, at the first call beyond the limit",
        missing_control="usage is counted against the provider's limits, and another model is ready to take over",
        must=(Prediction(states="what the provider answers", read=_limited, probe="edge"),),
        should=(_LAST_GOOD,),
        rivals=(*DECOYS, "llm_key_refused", "llm_unreachable"),
        change=env.changed("password", "url", "model"),
        runs_end=True,
        is_effect=always,
        fix="variable",
        detail=with_changes("password", "url", "model"),
    ),
    CauseRule(
        id="llm_failing",
        claim="{component} has faults of its own",
        places=edges(only=LLM),
        statement=_broken,
        mechanism="runs start and end at a call that the provider answers with a fault",
        missing_control="another model is ready to take over",
        must=(Prediction(states="what the provider answers", read=_failing, probe="edge"),),
        should=(_LAST_GOOD,),
        rivals=(*DECOYS, "llm_key_refused", "llm_unreachable"),
        change=env.changed("url"),
        runs_end=True,
        is_effect=always,
        fix="variable",
        detail=with_changes("url"),
    ),
)

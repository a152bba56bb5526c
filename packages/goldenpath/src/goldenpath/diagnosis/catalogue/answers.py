"""Causes in what a language model's provider answers, once it is reached and has taken the key."""

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import LLM, edges, with_changes
from goldenpath.diagnosis.readers import edge, env
from goldenpath.diagnosis.readers.combine import either
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always

CONTROL = "the gate makes one real call to the model, with its whole stream, before promotion"
DECOYS = ("websocket_broken", "llm_key_refused", "llm_unreachable", "process_dead")
BROKEN = ("stream_silent", "stream_cut", "stream_unreadable")
_no_path = either(edge.fails("auth", ("path_unknown",)), edge.fails("query", ("path_unknown",)))
_broken = edge.fails("query", BROKEN)
_LAST_GOOD = Prediction(
    states="whether the last good settings work", read=edge.last_good_gets("query"), probe="edge_at_last_good"
)


def _path(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"the address of {site.component} leads to its server, and to no model: the path is wrong"


def _stream(evidence: Evidence, site: Site) -> str:
    return f"the answers of {site.component} begin and do not end: {_broken(evidence, site).words}"


RULES = (
    CauseRule(
        id="llm_path_unknown",
        claim="the path to {component} is wrong",
        places=edges(only=LLM),
        statement=_path,
        mechanism="the server is reached and has nothing at that path",
        missing_control=CONTROL,
        must=(Prediction(states="what the server says to the path", read=_no_path, probe="edge"),),
        should=(_LAST_GOOD,),
        rivals=(*DECOYS, "llm_model_unknown"),
        change=env.changed("url"),
        runs_end=True,
        is_effect=always,
        fix="variable",
        detail=with_changes("url"),
    ),
    CauseRule(
        id="llm_answers_broken",
        claim="{component} breaks its answers off",
        places=edges(only=LLM),
        statement=_stream,
        mechanism="a run that has begun to answer waits for the rest, or ends without it",
        missing_control=CONTROL,
        must=(Prediction(states="how the stream of an answer ends", read=_broken, probe="edge"),),
        should=(_LAST_GOOD,),
        rivals=(*DECOYS, "llm_slow"),
        change=env.changed("url", "model"),
        is_effect=always,
        fix="variable",
        detail=with_changes("url", "model"),
    ),
)

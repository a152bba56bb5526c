"""Causes before any packet to the target exists: a name, and what turns names into addresses."""

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import LLM, edges, resolver, with_changes, with_nothing
from goldenpath.diagnosis.readers import edge, env, waits
from goldenpath.diagnosis.readers.combine import either, negated, none_against
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always, never

NO_ANSWER = ("EAI_AGAIN", "timeout")
"""What the system's resolver says when no server has answered it, or what we say when it takes longer than we wait."""
SELDOM = 0.3
"""Resolvers serve everybody: what breaks them is felt everywhere, and not often."""
_breaks_form = env.breaks_contract(env.MALFORMED)
_is_clean = none_against(negated(env.breaks_contract(env.ANY_RULE)), negated(env.has_flaw))
_unanswered = either(edge.fails("dns", ("EAI_NONAME", "EAI_NODATA", "EAI_FAIL")), env.changed("host", "url"))


def _no_name(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"the name that {site.variable} gives for {site.component} does not resolve"


def _no_resolver(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"no resolver answers for the clean name on {', '.join(site.edges)}"


def _slow_resolver(evidence: Evidence, site: Site) -> str:
    return f"the first resolver does not answer: {waits.name_is_slow(evidence, site).words}"


RULES = (
    CauseRule(
        id="name_unresolved",
        claim="the name of {component} does not resolve",
        places=edges(without=LLM),
        statement=_no_name,
        mechanism="every connection to {component} ends before a packet to it exists",
        missing_control="a candidate without traffic has to reach every dependency before it is promoted",
        must=(
            Prediction(states="where the connection ends", read=edge.fails("dns"), probe="edge"),
            Prediction(states="whether the value is clean", read=_is_clean, probe="env"),
            Prediction(states="whether the name was changed", read=_unanswered, probe="env"),
        ),
        should=(
            Prediction(
                states="whether the last good name resolves", read=edge.last_good_gets("tcp"), probe="edge_at_last_good"
            ),
        ),
        refuters=(Prediction(states="the stripped value", read=edge.stripped_resolves, probe="edge"),),
        rivals=("variable_malformed", "resolver_silent", "route_broken", "process_dead", "server_slow"),
        change=env.changed("host", "url"),
        is_effect=always,
        fix="variable",
        detail=with_changes("host", "url"),
    ),
    CauseRule(
        id="resolver_silent",
        claim="no resolver answers",
        places=resolver,
        statement=_no_resolver,
        mechanism="no name can be turned into an address; clean literal addresses go on working",
        missing_control="the resolvers themselves are probed, each with one known name",
        must=(
            Prediction(states="where the connection ends", read=edge.fails("dns", NO_ANSWER), probe="edge"),
            Prediction(states="whether the host is a name", read=negated(edge.address_is_literal), probe="edge"),
        ),
        refuters=(
            Prediction(states="whether the value is clean", read=env.has_flaw, probe="env"),
            Prediction(states="whether the contract complains", read=_breaks_form, probe="env"),
            Prediction(states="the stripped value", read=edge.stripped_resolves, probe="edge"),
            Prediction(states="another name at the same time", read=edge.another_name_resolves, probe="edge"),
            Prediction(states="whether only the name is new", read=edge.moved, probe="edge_at_last_good"),
        ),
        rivals=("variable_malformed", "name_unresolved", "route_broken", "process_dead"),
        prior=SELDOM,
        is_effect=never,
        detail=with_nothing,
    ),
    CauseRule(
        id="resolver_slow",
        claim="the first resolver is silent",
        places=resolver,
        statement=_slow_resolver,
        mechanism="each first connect waits for the timer of a silent resolver before the next one is asked",
        missing_control="the resolvers themselves are probed, each with one known name",
        must=(
            Prediction(states="the time of the name alone", read=waits.name_is_slow, probe="edge"),
            Prediction(states="the times by phase", read=waits.over_budget("dns", "connect"), probe="edge"),
        ),
        rivals=("server_slow", "connect_delay"),
        prior=SELDOM,
        still_answers=True,
        is_effect=never,
        detail=with_nothing,
    ),
)

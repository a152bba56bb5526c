"""Causes between a client and a listener: names, routes, filters, ports, addresses."""

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import LLM, edges, ports, resolver, with_changes, with_nothing
from goldenpath.diagnosis.readers import edge, env, process
from goldenpath.diagnosis.readers.combine import both, either, first_known, negated
from goldenpath.diagnosis.rule import CauseRule, Prediction, Reading, Site, always, never
from goldenpath.diagnosis.signatures import ROUTE_CODES

CONTROL = "a candidate without traffic has to reach every dependency before it is promoted"
HOST = env.HOST_FIELDS

moved = both(env.changed(*HOST), edge.last_good_gets("auth"))
"""The address differs from the last good revision's, and that one still works."""
_breaks_form = env.breaks_contract(env.MALFORMED)
_is_clean = first_known(negated(env.breaks_contract(env.ANY_RULE)), negated(env.has_flaw))
_unanswered = either(edge.fails("dns", ("EAI_NONAME", "EAI_NODATA", "EAI_FAIL")), env.changed("host", "url"))
_nobody_there = either(negated(process.listens), both(env.changed(*HOST), edge.last_good_gets("tcp")))


def _refused(evidence: Evidence, site: Site) -> Reading:
    """Refused connections, or for what no edge leads to, the missing listener itself."""
    read = edge.fails("tcp", ("ECONNREFUSED",)) if site.edges else negated(process.listens)
    return read(evidence, site)


def _no_name(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"the name that {site.variable} gives for {site.component} does not resolve"


def _no_resolver(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"no resolver answers for the clean name on {', '.join(site.edges)}"


def _slow_resolver(evidence: Evidence, site: Site) -> str:
    return f"the first resolver does not answer: {edge.name_is_slow(evidence, site).words}"


def _closed(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"nobody listens where {site.component} is configured to be"


def _filtered(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"a filter stands between: {site.component} listens on its port and connections to it fail"


def _no_route(evidence: Evidence, site: Site) -> str:
    words = edge.fails("tcp", ROUTE_CODES)(evidence, site).words
    return f"there is no way to {site.component}: no route, or a filter that answers like one ({words})"


def _wrong_address(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"the changed address of {site.component} does not lead to it; the last good one does"


def _tls(evidence: Evidence, site: Site) -> str:
    words = edge.fails("tls")(evidence, site).words
    return f"the TLS hand-shake with {site.component} fails: {words}"


_AT_LAST_GOOD = Prediction(
    states="whether the last good revision's address works", read=edge.last_good_gets("tcp"), probe="edge_at_last_good"
)
_MOVED = Prediction(
    states="whether the address changed and the last good one works", read=moved, probe="edge_at_last_good"
)

RULES = (
    CauseRule(
        id="name_unresolved",
        claim="the name of {component} does not resolve",
        places=edges(without=LLM),
        statement=_no_name,
        mechanism="every connection to {component} ends before a packet to it exists",
        missing_control=CONTROL,
        must=(
            Prediction(states="where the connection ends", read=edge.fails("dns"), probe="edge"),
            Prediction(states="whether the value is clean", read=_is_clean, probe="env"),
            Prediction(states="whether the name was changed", read=_unanswered, probe="env"),
        ),
        should=(_AT_LAST_GOOD,),
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
            Prediction(states="where the connection ends", read=edge.fails("dns", ("EAI_AGAIN",)), probe="edge"),
            Prediction(states="whether the host is a name", read=negated(edge.address_is_literal), probe="edge"),
        ),
        refuters=(
            Prediction(states="whether the value is clean", read=env.has_flaw, probe="env"),
            Prediction(states="whether the contract complains", read=_breaks_form, probe="env"),
            Prediction(states="the stripped value", read=edge.stripped_resolves, probe="edge"),
            Prediction(states="another name at the same time", read=edge.another_name_resolves, probe="edge"),
            Prediction(states="whether only the name is new", read=moved, probe="edge_at_last_good"),
        ),
        rivals=("variable_malformed", "name_unresolved", "route_broken", "process_dead"),
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
            Prediction(states="the time of the name alone", read=edge.name_is_slow, probe="edge"),
            Prediction(states="the times by phase", read=edge.over_budget("dns", "connect"), probe="edge"),
        ),
        rivals=("server_slow", "connect_delay"),
        is_effect=never,
        detail=with_nothing,
    ),
    CauseRule(
        id="port_closed",
        claim="nobody listens on {component}'s port",
        places=ports,
        statement=_closed,
        mechanism="the host answers each connection to that port with a refusal",
        missing_control=CONTROL,
        must=(
            Prediction(states="where the connection ends", read=_refused, probe="edge"),
            Prediction(states="whether anybody listens there", read=_nobody_there, probe="process"),
        ),
        should=(_AT_LAST_GOOD, Prediction(states="whether the process runs", read=process.runs, probe="process")),
        refuters=(Prediction(states="whether the process exists", read=process.is_gone, probe="process"),),
        rivals=("process_dead", "connection_filtered", "route_broken", "name_unresolved"),
        change=env.changed(*HOST),
        is_effect=always,
        fix="variable",
        detail=with_changes(*HOST),
    ),
    CauseRule(
        id="connection_filtered",
        claim="a filter drops or rejects connections to {component}",
        places=edges(),
        statement=_filtered,
        mechanism="packets are dropped or rejected before they reach the listener",
        missing_control="reachability that must hold is declared and probed",
        must=(
            Prediction(
                states="where the connection ends", read=edge.fails("tcp", ("ECONNREFUSED", "ETIMEDOUT")), probe="edge"
            ),
            Prediction(states="whether anybody listens there", read=process.listens, probe="process"),
            Prediction(states="whether the address is the old one", read=negated(env.changed(*HOST)), probe="env"),
        ),
        refuters=(
            Prediction(
                states="whether the process is stopped", read=process.component_state("frozen"), probe="process"
            ),
        ),
        rivals=("process_dead", "port_closed", "process_frozen"),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="route_broken",
        claim="routing to {component} is broken",
        places=edges(),
        statement=_no_route,
        mechanism="the client's own host or a router answers instead of {component}",
        missing_control="reachability that must hold is declared and probed",
        must=(Prediction(states="where the connection ends", read=edge.fails("tcp", ROUTE_CODES), probe="edge"),),
        refuters=(_MOVED,),
        rivals=("process_dead", "name_unresolved", "connection_filtered"),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="address_wrong",
        claim="the address of {component} leads elsewhere",
        places=edges(without=LLM),
        statement=_wrong_address,
        mechanism="what answers there is not {component}, or nothing answers",
        missing_control=CONTROL,
        must=(
            Prediction(
                states="where the connection ends",
                read=either(
                    edge.fails("tcp", (*ROUTE_CODES, "ETIMEDOUT")),
                    edge.fails("tls"),
                    edge.fails("first_byte"),
                    edge.fails("auth", ("other", "timeout")),
                ),
                probe="edge",
            ),
            Prediction(states="whether the address changed", read=env.changed(*HOST), probe="env"),
            Prediction(
                states="whether the last good one works", read=edge.last_good_gets("auth"), probe="edge_at_last_good"
            ),
        ),
        rivals=("process_frozen", "route_broken", "process_dead", "server_slow"),
        change=env.changed(*HOST),
        is_effect=always,
        fix="variable",
        detail=with_changes(*HOST),
    ),
    CauseRule(
        id="tls_failed",
        claim="TLS with {component} fails",
        places=edges(without=LLM),
        statement=_tls,
        mechanism="one side speaks TLS and the other does not, or they do not trust each other",
        missing_control=CONTROL,
        must=(Prediction(states="where the connection ends", read=edge.fails("tls"), probe="edge"),),
        refuters=(_MOVED,),
        rivals=("connection_filtered", "process_dead", "route_broken"),
        is_effect=always,
        detail=with_nothing,
    ),
)

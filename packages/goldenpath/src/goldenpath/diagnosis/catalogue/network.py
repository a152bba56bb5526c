"""Causes between a client and a listener: routes, filters, ports, addresses."""

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import LLM, edges, ports, with_changes, with_nothing
from goldenpath.diagnosis.readers import edge, env, process, way
from goldenpath.diagnosis.readers.combine import both, either, negated, or_where
from goldenpath.diagnosis.rule import CauseRule, Prediction, Reading, Site, always
from goldenpath.diagnosis.signatures import ROUTE_CODES

CONTROL = "a candidate without traffic has to reach every dependency before it is promoted"
HOST = env.HOST_FIELDS

_nobody_there = either(negated(process.listens), both(env.changed(*HOST), edge.last_good_gets("tcp")))


_prohibited = way.answered_by("prohibited")
"""Only a filter answers so."""


def _refused(evidence: Evidence, site: Site) -> Reading:
    """Refused connections, or for what no edge leads to, the missing listener itself."""
    read = edge.fails("tcp", ("ECONNREFUSED",)) if site.edges else negated(process.listens)
    return read(evidence, site)


def _closed(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"nobody listens where {site.component} is configured to be"


def _filtered(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"a filter stands between: {site.component} listens on its port and connections to it fail"


def _no_route(evidence: Evidence, site: Site) -> str:
    words = edge.fails("tcp", ROUTE_CODES)(evidence, site).words or way.router_has_no_route(evidence, site).words
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
    states="whether the address changed and the last good one works", read=edge.moved, probe="edge_at_last_good"
)

RULES = (
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
                states="where the connection ends",
                read=or_where(_prohibited, edge.fails("tcp", ("ECONNREFUSED", "ETIMEDOUT"))),
                probe="edge",
            ),
            Prediction(
                states="whether anybody listens there", read=or_where(_prohibited, process.listens), probe="process"
            ),
            Prediction(states="whether the address is the old one", read=negated(env.changed(*HOST)), probe="env"),
        ),
        refuters=(
            Prediction(
                states="whether the process is stopped", read=process.component_state("frozen"), probe="process"
            ),
            Prediction(states="at which addresses it listens", read=way.bound_elsewhere, probe="process"),
            Prediction(states="whether the address is its own", read=way.not_its_host, probe="process"),
            Prediction(states="whether the other side has a way back", read=way.no_way_back, probe="process"),
            Prediction(states="whether packets come through now and then", read=way.packets_are_lost, probe="edge"),
            Prediction(states="what a router says", read=way.router_has_no_route, probe="edge"),
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
        must=(
            Prediction(
                states="where the connection ends",
                read=either(
                    edge.fails("tcp", ROUTE_CODES), both(edge.fails("tcp", ("ETIMEDOUT",)), way.router_has_no_route)
                ),
                probe="edge",
            ),
        ),
        refuters=(
            _MOVED,
            Prediction(states="what our own host's table says", read=way.own_table_refuses, probe="edge"),
            Prediction(states="who answered", read=_prohibited, probe="edge"),
            Prediction(states="whether the address is its own", read=way.not_its_host, probe="process"),
            Prediction(states="whether the other side has a link", read=way.is_cut_off, probe="process"),
        ),
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

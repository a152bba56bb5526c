"""Causes between two hosts: routes of our own host, of a router, of the other side; links, addresses, lost packets."""

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import edges, with_nothing
from goldenpath.diagnosis.readers import edge, env, process, way
from goldenpath.diagnosis.readers.combine import negated
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always
from goldenpath.diagnosis.signatures import ROUTE_CODES

DECLARED = "reachability that must hold is declared and probed from where the clients run"
NOT_REACHED = edge.fails("tcp")
_SILENT = edge.fails("tcp", ("ETIMEDOUT",))


def _route(evidence: Evidence, site: Site) -> str:
    words = way.own_table_refuses(evidence, site).words
    return f"the host of {site.component}'s clients has no route to it: {words}"


def _back(evidence: Evidence, site: Site) -> str:
    return f"answers of {site.component} find no way back: {way.no_way_back(evidence, site).words}"


def _cut(evidence: Evidence, site: Site) -> str:
    return f"the host of {site.component} is cut off: {way.is_cut_off(evidence, site).words}"


def _bound(evidence: Evidence, site: Site) -> str:
    return f"{site.component} does not listen where it is asked: {way.bound_elsewhere(evidence, site).words}"


def _stale(evidence: Evidence, site: Site) -> str:
    return f"the address that clients of {site.component} use is not its own: {way.not_its_host(evidence, site).words}"


def _lost(evidence: Evidence, site: Site) -> str:
    return f"packets to {site.component} or from it are lost: {way.packets_are_lost(evidence, site).words}"


_ENDS = Prediction(states="where the connection ends", read=NOT_REACHED, probe="edge")
_RUNS = Prediction(states="whether the process runs", read=process.runs, probe="process")
_LISTENS = Prediction(states="whether anybody listens there", read=process.listens, probe="process")
_SAME = Prediction(
    states="whether the address is the old one", read=negated(env.changed(*env.HOST_FIELDS)), probe="env"
)

RULES = (
    CauseRule(
        id="route_missing",
        claim="the clients' host has no route to {component}",
        places=edges(),
        statement=_route,
        mechanism="the clients' own host refuses each connection before anything is sent",
        missing_control=DECLARED,
        must=(
            Prediction(states="where the connection ends", read=edge.fails("tcp", ROUTE_CODES), probe="edge"),
            Prediction(states="what our own host's table says", read=way.own_table_refuses, probe="edge"),
        ),
        refuters=(
            Prediction(
                states="whether the address changed and the last good one works",
                read=edge.moved,
                probe="edge_at_last_good",
            ),
        ),
        rivals=("connection_filtered", "route_broken", "process_dead", "name_unresolved"),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="return_route_missing",
        claim="{component}'s host has no route back",
        places=edges(),
        statement=_back,
        mechanism="what clients send arrives, and what {component}'s host answers leads nowhere",
        missing_control=DECLARED,
        must=(
            Prediction(states="where the connection ends", read=_SILENT, probe="edge"),
            _LISTENS,
            Prediction(states="the routes of the other side", read=way.no_way_back, probe="process"),
        ),
        refuters=(Prediction(states="whether its link is down", read=way.is_cut_off, probe="process"),),
        rivals=("connection_filtered", "process_dead", "route_missing", "process_frozen"),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="host_cut_off",
        claim="the host of {component} has no link",
        places=edges(),
        statement=_cut,
        mechanism="nothing reaches {component}'s host and nothing leaves it",
        missing_control=DECLARED,
        must=(
            _ENDS,
            _RUNS,
            Prediction(states="the routes of the other side", read=way.is_cut_off, probe="process"),
        ),
        rivals=("connection_filtered", "process_dead", "route_missing", "route_broken"),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="bound_elsewhere",
        claim="{component} listens at other addresses only",
        places=edges(),
        statement=_bound,
        mechanism="the host of {component} refuses what is not addressed to a listener",
        missing_control="readiness is asked at the address that clients use, not at the loopback",
        must=(
            Prediction(states="where the connection ends", read=edge.fails("tcp", ("ECONNREFUSED",)), probe="edge"),
            Prediction(states="at which addresses it listens", read=way.bound_elsewhere, probe="process"),
        ),
        refuters=(
            Prediction(states="who answered", read=way.answered_by("port_unreachable", "prohibited"), probe="edge"),
        ),
        rivals=("process_dead", "port_closed", "connection_filtered", "route_broken"),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="address_stale",
        claim="{component} is at another address now",
        places=edges(),
        statement=_stale,
        mechanism="what is at the address that clients use is not {component}, or nothing is",
        missing_control="names of moved servers are looked up by a probe that knows where the server runs",
        must=(
            _ENDS,
            _SAME,
            _RUNS,
            Prediction(states="the addresses of the other side", read=way.not_its_host, probe="process"),
        ),
        rivals=("process_dead", "connection_filtered", "route_broken", "port_closed"),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="packets_lost",
        claim="packets to {component} are lost",
        places=edges(),
        statement=_lost,
        mechanism="whoever waits for {component} waits for the timers after which packets are sent again",
        missing_control="packets sent again are counted, and alarm before people do",
        must=(Prediction(states="packets that were sent again", read=way.packets_are_lost, probe="edge"),),
        refuters=(
            Prediction(
                states="whether its process is stopped", read=process.component_state("frozen"), probe="process"
            ),
        ),
        rivals=("server_slow", "process_dead", "connect_delay", "connection_filtered"),
        is_effect=always,
        detail=with_nothing,
    ),
)
"""Listed before the causes that look the same from the client's side alone."""

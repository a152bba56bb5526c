"""Causes that are the state of a process."""

from goldenpath.diagnosis.catalogue.datastores import STORES
from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import WORKER, components, with_processes
from goldenpath.diagnosis.readers import host, process
from goldenpath.diagnosis.readers.combine import UNKNOWN
from goldenpath.diagnosis.rule import CauseRule, Prediction, Reading, Site, never

CONTROL = "a supervisor restarts what ends and tells someone when it does"


def _dead(evidence: Evidence, site: Site) -> str:
    return f"the process of {site.component} is gone: {process.is_gone(evidence, site).words}"


def _frozen(evidence: Evidence, site: Site) -> str:
    return f"a process of {site.component} is stopped: {process.is_frozen(evidence, site).words}"


def _workers(evidence: Evidence, site: Site) -> str:
    return f"nobody executes what {site.component} should: {process.is_gone(evidence, site).words}"


def _refused_to_start(evidence: Evidence, site: Site) -> Reading:
    """A process that ended by itself and named another state: its end is an effect of that."""
    if process.ended_by_signal(evidence, site):
        return UNKNOWN
    spec = evidence.system.components.get(site.component)
    # Of others nobody would name the disk instead: their end is all that is known.
    if spec and spec.kind in STORES and (full := host.ended_for_want_of_room(evidence, site)).state == "seen":
        return full
    return process.started_and_said_why_not(evidence, site)


def _may_be_effect(evidence: Evidence, site: Site) -> bool:
    """What the kernel killed for memory was ended by a signal, too, and yet there is a cause behind it."""
    killed = host.was_killed_for_memory(evidence, site).state == "seen"
    return killed or not process.ended_by_signal(evidence, site)


_GONE = Prediction(states="whether the process exists", read=process.is_gone, probe="process")
_SAID_WHY = Prediction(states="why it ended its own start", read=_refused_to_start, probe="log")

RULES = (
    CauseRule(
        id="process_dead",
        claim="the process of {component} is dead",
        places=components(without=WORKER),
        statement=_dead,
        mechanism="connections to {component} are refused, and what needs it fails",
        missing_control=CONTROL,
        must=(_GONE,),
        refuters=(_SAID_WHY,),
        rivals=("route_broken", "connection_filtered", "process_frozen", "killed_for_memory"),
        is_effect=_may_be_effect,
        fix="restart",
        detail=with_processes,
    ),
    CauseRule(
        id="worker_down",
        claim="no process of {component} executes runs",
        places=components(only=WORKER),
        statement=_workers,
        mechanism="runs are accepted and nobody executes them",
        missing_control=CONTROL,
        must=(_GONE,),
        refuters=(_SAID_WHY,),
        rivals=("websocket_broken", "process_frozen", "killed_for_memory"),
        is_effect=_may_be_effect,
        fix="restart",
        detail=with_processes,
    ),
    CauseRule(
        id="process_frozen",
        claim="the process of {component} is stopped",
        places=components(),
        statement=_frozen,
        mechanism="the kernel still accepts connections to {component}, and nobody answers on them",
        missing_control="a liveness probe that asks for an answer, not for a connection",
        must=(Prediction(states="whether the process is stopped", read=process.is_frozen, probe="process"),),
        rivals=("process_dead", "connection_filtered", "route_broken", "server_slow", "websocket_broken"),
        is_effect=never,
        fix="continue_process",
        detail=with_processes,
    ),
)

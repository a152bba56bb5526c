"""Causes that are the deploy itself: what it took away, misspelt, or broke its own start with."""

from pydantic import JsonValue

from goldenpath.diagnosis.evidence import Evidence, edge_name, text_field
from goldenpath.diagnosis.graph import CODE, env_node, port_node
from goldenpath.diagnosis.places import variable_site, with_nothing
from goldenpath.diagnosis.readers import deploys, env
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always, never

CONTROL = "every variable of a new revision is compared with the last good revision before it is started"
DECOYS = ("process_dead", "route_broken", "resolver_silent")


def _whole(evidence: Evidence) -> tuple[Site, ...]:
    """The environment of the revision, at the component with the doors."""
    gone = tuple(env_node(text_field(o, "variable")) for o in deploys.removed(evidence))
    return (Site(component=evidence.system.doors.component, nodes=gone),) if gone else ()


def _slips(evidence: Evidence) -> tuple[Site, ...]:
    """Each missing variable together with the one that was meant to be it."""
    return tuple(
        variable_site(evidence, missing).model_copy(update={"nodes": (env_node(missing), env_node(meant))})
        for missing, meant in deploys.misspelt(evidence).items()
    )


def _own(evidence: Evidence) -> tuple[Site, ...]:
    """Every component that each revision has for itself; it may wait for any connection of the system."""
    edges = tuple(edge_name(e) for e in evidence.system.edges)
    return tuple(
        Site(component=name, nodes=(name, port_node(name)), edges=edges)
        for name, spec in evidence.system.components.items()
        if spec.lifetime == "revision"
    )


def _contract(evidence: Evidence) -> tuple[Site, ...]:
    """The contract as the revision prints it, which its code and its variables decide."""
    return (Site(component=evidence.system.doors.component, nodes=(CODE,)),)


def _unreadable(evidence: Evidence, site: Site) -> str:
    changed = ", ".join(text_field(o, "variable") for o in evidence.all("revision", "env.changed"))
    words = deploys.contract_is_unreadable(evidence, site).words
    return f"with the changed {changed} the revision cannot even print its contract: {words}"


def _replaced(evidence: Evidence, site: Site) -> str:
    return f"the deploy replaced the environment instead of adding to it: {deploys.were_replaced(evidence, site).words}"


def _misspelt(evidence: Evidence, site: Site) -> str:
    return f"{site.variable} was misspelt: {deploys.is_misspelt(evidence, site).words}"


def _taken(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"the port where {site.component} is to listen is taken by another program"


def _stopped(evidence: Evidence, site: Site) -> str:
    changed = ", ".join(text_field(o, "variable") for o in evidence.all("revision", "env.changed"))
    return f"the change of {changed} stops {site.component} from starting: {deploys.start_failed(evidence, site).words}"


def _with_removed(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
    del site
    return {"variables": [text_field(o, "variable") for o in deploys.removed(evidence)]}


def _with_both(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
    return {"variable": site.variable, "variables": [site.variable, deploys.misspelt(evidence)[site.variable]]}


def _with_changed(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
    del site
    return {"variables": [text_field(o, "variable") for o in evidence.all("revision", "env.changed")]}


RULES = (
    CauseRule(
        id="variables_replaced",
        claim="the deploy replaced the environment",
        places=_whole,
        statement=_replaced,
        mechanism="what the deploy did not name again is gone, whoever needs it",
        missing_control=CONTROL,
        must=(Prediction(states="which variables vanished", read=deploys.were_replaced, probe="env"),),
        rivals=DECOYS,
        is_effect=never,
        fix="variable",
        detail=_with_removed,
    ),
    CauseRule(
        id="variable_misspelt",
        claim="{variable} is set under a misspelt name",
        places=_slips,
        statement=_misspelt,
        mechanism="the value is there under a name that nothing reads, and {variable} is missing",
        missing_control=CONTROL,
        must=(Prediction(states="a name like it that nothing reads", read=deploys.is_misspelt, probe="env"),),
        rivals=DECOYS,
        change=env.this_changed,
        is_effect=never,
        fix="variable",
        detail=_with_both,
    ),
    CauseRule(
        id="contract_unreadable",
        claim="a changed value keeps the contract from being read",
        places=_contract,
        statement=_unreadable,
        mechanism="nothing of the revision can start without knowing what it may expect of its environment",
        missing_control=CONTROL,
        must=(
            Prediction(states="whether the contract can be read", read=deploys.contract_is_unreadable, probe="env"),
            Prediction(states="what changed", read=deploys.only_this_changed, probe="env"),
            Prediction(states="whether the code changed", read=deploys.code_is_the_same, probe="code"),
        ),
        rivals=("module_missing", "code_broken"),
        is_effect=always,
        fix="variable",
        detail=_with_changed,
    ),
    CauseRule(
        id="port_taken",
        claim="the port of {component} is taken",
        places=_own,
        statement=_taken,
        mechanism="two programs cannot listen on one port, so {component} ends its own start",
        missing_control="a candidate's ports are tried before it is started",
        must=(Prediction(states="why its start failed", read=deploys.port_is_taken, probe="log"),),
        rivals=("process_frozen", "route_broken"),
        is_effect=never,
        detail=with_nothing,
    ),
    CauseRule(
        id="change_stops_start",
        claim="a changed value stops {component} from starting",
        places=_own,
        statement=_stopped,
        mechanism="{component} reads the value when it starts, cannot use it, and ends",
        missing_control="a candidate is started without traffic, with exactly the variables it will have",
        must=(
            Prediction(states="why its start failed", read=deploys.start_failed, probe="log"),
            Prediction(states="what changed", read=deploys.only_this_changed, probe="env"),
            Prediction(states="whether the contract holds", read=deploys.contract_holds, probe="env"),
            Prediction(states="whether it waits for somebody", read=deploys.neighbours_are_well, probe="edge"),
        ),
        rivals=("process_frozen", "route_broken", "server_slow"),
        is_effect=always,
        fix="variable",
        detail=_with_changed,
    ),
)

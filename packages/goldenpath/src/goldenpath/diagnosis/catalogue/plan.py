"""Causes that the plan of the network shows before anything runs: an address that works, and is not the right one."""

from pydantic import JsonValue

from goldenpath.diagnosis.evidence import Evidence, text_field
from goldenpath.diagnosis.places import variable_site
from goldenpath.diagnosis.readers import env
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, seen
from goldenpath.diagnosis.rule import CauseRule, Prediction, Reading, Site, never


def addresses(evidence: Evidence) -> tuple[Site, ...]:
    """Every variable whose address is not where the plan has it."""
    names = {text_field(o, "variable") for o in evidence.all("revision", "plan.breach")}
    return tuple(variable_site(evidence, name) for name in sorted(names - {""}))


def is_out_of_plan(evidence: Evidence, site: Site) -> Reading:
    """The address is not of the kind, not in the networks, or of another environment than the manifest says."""
    found = [o for o in evidence.all("revision", "plan.breach") if text_field(o, "variable") == site.variable]
    if found:
        return seen(found, "; ".join(text_field(o, "message") for o in found))
    good = evidence.get("revision", "plan.ok")
    return against([good], good.text) if good else UNKNOWN


def _misled(evidence: Evidence, site: Site) -> str:
    return f"{site.variable} leads where the plan does not: {is_out_of_plan(evidence, site).words}"


def _detail(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
    del evidence
    return {"variable": site.variable, "variables": [site.variable], "edges": [*site.edges]}


RULES = (
    CauseRule(
        id="address_out_of_plan",
        claim="{variable} leads where the plan does not",
        places=addresses,
        statement=_misled,
        mechanism="the revision would speak to somebody else's {component}, or leave the network that is its own",
        missing_control="the addresses of a revision are held against the plan of the network before it is started",
        must=(
            Prediction(states="the addresses against the plan of the network", read=is_out_of_plan, probe="env"),
            Prediction(states="whether the variable changed", read=env.this_changed, probe="env"),
        ),
        rivals=("address_wrong", "route_broken", "process_dead"),
        change=env.this_changed,
        is_effect=never,
        fix="variable",
        detail=_detail,
    ),
)

"""Causes that are the state of one variable in the revision's environment."""

from pydantic import JsonValue

from goldenpath.diagnosis.evidence import Evidence, text_field
from goldenpath.diagnosis.places import variables
from goldenpath.diagnosis.readers import edge, env, settings
from goldenpath.diagnosis.readers.combine import any_seen, both, either, first_known
from goldenpath.diagnosis.rule import CauseRule, Prediction, Reading, Site, always, never

DECOYS = ("process_dead", "route_broken", "resolver_silent", "server_slow")
CONTROL = (
    "the new revision's variables are checked against the contract and the last good revision before it is started"
)

OFTEN = 0.7
"""Configuration is what people change most, beside code (SRE Workbook, appendix C)."""
SELDOM = 0.1
"""A variable that the manifest names and the contract does not."""


def _of_revision(evidence: Evidence) -> str:
    return f"the environment of revision {evidence.revision}" if evidence.revision else "the environment"


def _missing(evidence: Evidence, site: Site) -> str:
    return f"{site.variable} is missing from {_of_revision(evidence)}"


def _empty(evidence: Evidence, site: Site) -> str:
    return f"{site.variable} is empty in {_of_revision(evidence)}"


def _unknown(evidence: Evidence, site: Site) -> str:
    return f"{site.variable} is set in {_of_revision(evidence)}, and nothing reads it"


def _malformed(evidence: Evidence, site: Site) -> str:
    return f"{site.variable} is malformed in {_of_revision(evidence)}: {_value_is_malformed(evidence, site).words}"


def _stripped_resolves(evidence: Evidence, site: Site) -> Reading:
    """Only the variable that names the host can be what a resolver was given."""
    return edge.stripped_resolves(evidence, site) if _gives_host(evidence, site) else Reading(state="unknown")


def _gives_host(evidence: Evidence, site: Site) -> bool:
    return any(
        spec.address and site.variable in {spec.address.host, spec.address.url}
        for spec in evidence.system.components.values()
    )


_is_missing = first_known(
    either(env.breaks_contract(env.MISSING), both(env.was_removed, edge.ends)), settings.is_at_work
)
_is_empty = first_known(env.is_empty, env.breaks_contract(env.EMPTY), settings.is_at_work)
_is_unknown = env.breaks_contract(env.UNKNOWN_NAME)
_breaks_form = env.breaks_contract(env.MALFORMED)


def _value_is_malformed(evidence: Evidence, site: Site) -> Reading:
    """Any source that shows a flaw is enough; the contract or a clean value speaks against it."""
    sources = (_breaks_form, env.has_flaw, _stripped_resolves)
    readings = [read(evidence, site) for read in sources]
    shown = [r for r in readings if r.state == "seen"]
    known = [r for r in readings if r.state == "against"]
    return any_seen(shown or known[:1] or [_name_fails(evidence, site)])


def _name_fails(evidence: Evidence, site: Site) -> Reading:
    """A name that somebody reports as failing is a hint at the form of the value that gives it."""
    named = edge.fails("dns")(evidence, site) if _gives_host(evidence, site) else Reading(state="unknown")
    return named if named.state == "unknown" else Reading(state="unknown")


def _detail(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
    rules = [
        text_field(o, "rule")
        for o in evidence.all("revision", "env.violation")
        if text_field(o, "variable") == site.variable
    ]
    white_space = "white_space" in rules or "white space" in _value_is_malformed(evidence, site).words
    return {"variable": site.variable, "rules": list(rules), "white_space": white_space}


_MECHANISM = "what reads {variable} refuses to start, or connects to the wrong place or not at all"

RULES = (
    CauseRule(
        id="variable_missing",
        claim="{variable} is missing",
        places=variables,
        statement=_missing,
        mechanism=_MECHANISM,
        missing_control=CONTROL,
        must=(Prediction(states="the variable is absent", read=_is_missing, probe="env"),),
        rivals=DECOYS,
        prior=OFTEN,
        change=env.this_changed,
        is_effect=always,
        fix="variable",
        detail=_detail,
    ),
    CauseRule(
        id="variable_empty",
        claim="{variable} is empty",
        places=variables,
        statement=_empty,
        mechanism=_MECHANISM,
        missing_control=CONTROL,
        must=(Prediction(states="the variable is empty", read=_is_empty, probe="env"),),
        rivals=DECOYS,
        prior=OFTEN,
        change=env.this_changed,
        is_effect=never,
        fix="variable",
        detail=_detail,
    ),
    CauseRule(
        id="variable_unknown",
        claim="{variable} is not in the contract",
        places=variables,
        statement=_unknown,
        mechanism="what should have been set by {variable}, perhaps misspelt, is not set; a strict start refuses",
        missing_control=CONTROL,
        must=(Prediction(states="the contract has no such variable", read=_is_unknown, probe="env"),),
        prior=SELDOM,
        change=env.this_changed,
        is_effect=always,
        fix="variable",
        detail=_detail,
    ),
    CauseRule(
        id="variable_malformed",
        claim="{variable} is malformed",
        places=variables,
        statement=_malformed,
        mechanism=_MECHANISM,
        missing_control=CONTROL,
        must=(Prediction(states="the value, quoted, is no clean value", read=_value_is_malformed, probe="env"),),
        rivals=(*DECOYS, "name_unresolved"),
        prior=OFTEN,
        change=env.this_changed,
        is_effect=never,
        fix="variable",
        detail=_detail,
    ),
)

"""Causes at the doors: whose tokens are accepted, who gets in without one, and pages of which origins may call."""

from collections.abc import Callable

from pydantic import JsonValue

from goldenpath.diagnosis.catalogue.release import with_files
from goldenpath.diagnosis.evidence import Evidence, text_field
from goldenpath.diagnosis.graph import door_node
from goldenpath.diagnosis.readers import code, door
from goldenpath.diagnosis.readers.combine import either
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, never

TOKENS = "before promotion, a token of the serving revision is tried at the candidate"
OPEN = "before promotion, the door is tried without a token and with a spoilt one"
ORIGINS = "before promotion, each origin that must be allowed is tried, and one that must not"
DECOYS = ("process_dead", "other_revision_serves")
Detail = Callable[[Evidence, Site], dict[str, JsonValue]]


def doors(evidence: Evidence) -> tuple[Site, ...]:
    """The component with the doors, if it is declared who must be let in."""
    name = evidence.system.doors.component
    return (Site(component=name, nodes=(door_node(name),)),) if evidence.system.access else ()


def with_variables(names: door.Names) -> Detail:
    """The detail of a cause that one of these variables may explain: which of them changed."""

    def detail(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
        del site
        found: list[JsonValue] = [text_field(o, "variable") for o in door.changes(evidence, names(evidence))]
        return {"variables": found, **({"variable": found[0]} if found else {})}

    return detail


def _with_origins(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
    """The list of origins, where it changed; else the files of the code that reads it, and the way back."""
    found = with_variables(door.origin_variables)(evidence, site)
    if found["variables"]:
        return found
    files = with_files(evidence, site)
    return {"fix": "roll_back", **files} if files["in_code"] else found


def _secret(evidence: Evidence, site: Site) -> str:
    names = ", ".join(text_field(o, "variable") for o in door.changes(evidence, door.token_variables(evidence)))
    return f"{site.component} checks tokens with another {names} than they are signed with: everybody is logged out"


def _environment(evidence: Evidence, site: Site) -> str:
    words = door.changed(door.environment_variables)(evidence, site).words
    return f"{site.component} takes itself for another environment and refuses the tokens of this one: {words}"


def _rules(evidence: Evidence, site: Site) -> str:
    words = door.wrong("auth.other")(evidence, site).words
    return f"the code of {site.component} judges tokens by other rules than the last good revision's: {words}"


def _open(evidence: Evidence, site: Site) -> str:
    return f"the door of {site.component} is open: {_lets_in(evidence, site).words}"


def _closed(evidence: Evidence, site: Site) -> str:
    return f"{site.component} turns pages of a declared origin away: {_turned_away(evidence, site).words}"


def _any_page(evidence: Evidence, site: Site) -> str:
    return f"{site.component} lets pages of any origin call: {door.wrong('origin.foreign')(evidence, site).words}"


_lets_in = either(door.wrong("auth.none"), door.wrong("auth.spoilt"))
_turned_away = either(door.wrong("origin.allowed"), door.wrong("origin.socket"))
_origins_changed = either(door.changed(door.origin_variables), code.code_changed)
_REFUSED = Prediction(
    states="whether a token of the last good revision is accepted", read=door.wrong("auth.other"), probe="access"
)
_OWN = Prediction(states="whether its own tokens are accepted", read=door.right("auth.own"), probe="access")

RULES = (
    CauseRule(
        id="token_secret_differs",
        claim="tokens are signed and checked with different secrets",
        places=doors,
        statement=_secret,
        mechanism="whoever has logged in before is refused, while a new log-in goes well",
        missing_control=TOKENS,
        must=(
            _REFUSED,
            _OWN,
            Prediction(states="what decides on tokens", read=door.changed(door.token_variables), probe="env"),
        ),
        rivals=(*DECOYS, "token_rules_differ", "environment_differs"),
        change=door.changed(door.token_variables),
        is_effect=never,
        fix="variable",
        detail=with_variables(door.token_variables),
    ),
    CauseRule(
        id="environment_differs",
        claim="the revision takes itself for another environment",
        places=doors,
        statement=_environment,
        mechanism="a token is good in one environment only, and so is much else",
        missing_control=TOKENS,
        must=(
            _REFUSED,
            _OWN,
            Prediction(
                states="which environment it is told", read=door.changed(door.environment_variables), probe="env"
            ),
        ),
        rivals=(*DECOYS, "token_secret_differs", "token_rules_differ"),
        change=door.changed(door.environment_variables),
        is_effect=never,
        fix="variable",
        detail=with_variables(door.environment_variables),
    ),
    CauseRule(
        id="token_rules_differ",
        claim="the code judges tokens by other rules",
        places=doors,
        statement=_rules,
        mechanism="issuer, audience or form of what was issued before do not suit the new code",
        missing_control=TOKENS,
        must=(
            _REFUSED,
            _OWN,
            Prediction(states="which files differ", read=code.code_changed, probe="code"),
        ),
        refuters=(
            Prediction(states="what decides on tokens", read=door.changed(door.token_variables), probe="env"),
            Prediction(
                states="which environment it is told", read=door.changed(door.environment_variables), probe="env"
            ),
        ),
        rivals=(*DECOYS, "token_secret_differs", "environment_differs"),
        change=code.code_changed,
        is_effect=never,
        fix="roll_back",
        detail=with_files,
    ),
    CauseRule(
        id="door_open",
        claim="the door lets everybody in",
        places=doors,
        statement=_open,
        mechanism="every test is green, and what belongs to one is shown to all",
        missing_control=OPEN,
        must=(Prediction(states="whether anybody gets in without a token", read=_lets_in, probe="access"),),
        rivals=DECOYS,
        change=code.code_changed,
        is_effect=never,
        fix="roll_back",
        detail=with_files,
    ),
    CauseRule(
        id="origin_not_allowed",
        claim="an origin is missing from the list",
        places=doors,
        statement=_closed,
        mechanism="browsers refuse what their page asked for; programs, which send no origin, see nothing wrong",
        missing_control=ORIGINS,
        must=(Prediction(states="how pages of the declared origins are answered", read=_turned_away, probe="access"),),
        rivals=(*DECOYS, "websocket_broken"),
        change=_origins_changed,
        is_effect=never,
        fix="variable",
        detail=_with_origins,
    ),
    CauseRule(
        id="origin_too_open",
        claim="pages of any origin may call",
        places=doors,
        statement=_any_page,
        mechanism="a page that somebody is lured to may ask in their name",
        missing_control=ORIGINS,
        must=(
            Prediction(
                states="how a page of a foreign origin is answered", read=door.wrong("origin.foreign"), probe="access"
            ),
        ),
        rivals=DECOYS,
        change=_origins_changed,
        is_effect=never,
        fix="variable",
        detail=_with_origins,
    ),
)

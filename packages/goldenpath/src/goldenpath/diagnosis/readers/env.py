"""Predictions about variables: what the contract says of them, what they look like, what changed."""

import ast
import re
from collections.abc import Collection

from goldenpath.diagnosis.evidence import Evidence, text_field, variables_of
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, seen
from goldenpath.diagnosis.rule import Read, Reading, Site
from goldenpath.facts import Observation
from goldenpath.manifest.fill import references_of

MISSING = frozenset({"missing", "incomplete_group"})
EMPTY = frozenset({"empty"})
UNKNOWN_NAME = frozenset({"unknown"})
MALFORMED = frozenset({"white_space", "pattern", "too_short", "enum", "not_allowed"})
ANY_RULE = MISSING | EMPTY | MALFORMED
HOST_FIELDS = ("host", "port", "url")
TLS_FIELDS = (*HOST_FIELDS, "tls")
LOGIN_FIELDS = ("user", "password")
SEPARATE_LOGIN = frozenset({"llm"})
"""Kinds whose address does not hold the key, too."""
QUOTES = "\"'`"
PLACEHOLDERS = frozenset({"None", "null", "undefined", "nil"})
"""What an unset value becomes when a program renders it into a text."""
DOTTED_LITERAL = re.compile(r"^\d{1,3}(\.\d{1,3}){3}\.$")


def breaks_contract(rules: Collection[str]) -> Read:
    """The contract's check says so of this variable; against if it is content."""

    def read(evidence: Evidence, site: Site) -> Reading:
        for o in evidence.all("revision", "env.violation"):
            if text_field(o, "variable") == site.variable and text_field(o, "rule") in rules:
                return seen([o], text_field(o, "message") or text_field(o, "rule"))
        return _meets_contract(evidence, site)

    return read


def was_removed(evidence: Evidence, site: Site) -> Reading:
    """The last good revision had it and this one does not."""
    for o in evidence.all("revision", "env.changed"):
        if text_field(o, "variable") == site.variable:
            gone = text_field(o, "change") == "removed"
            return seen([o], "it was removed") if gone else against([o], "it is there")
    return _unchanged(evidence)


def is_empty(evidence: Evidence, site: Site) -> Reading:
    """The value was looked at and has no characters."""
    found = _value(evidence, site.variable)
    if found is None:
        return UNKNOWN
    if shown(found) == "":
        return seen([found], "its value is empty")
    return against([found], "it has a value")


def has_flaw(evidence: Evidence, site: Site) -> Reading:
    """The value was looked at, and it is no clean host, port or address."""
    found = _value(evidence, site.variable)
    if found is None:
        return UNKNOWN
    name = flaw(shown(found), is_url=site.variable in _urls(evidence))
    return seen([found], f"its value {shown(found)!r} has {name}") if name else against([found], "the value is clean")


def changed(*fields: str) -> Read:
    """A variable of the component's address, of these fields, differs from the last good revision."""

    def read(evidence: Evidence, site: Site) -> Reading:
        found = changes(evidence, site.component, fields)
        if found:
            words = ", ".join(f"{text_field(o, 'variable')} was {text_field(o, 'change')}" for o in found)
            return seen(found, f"against the last good revision {words}")
        return _unchanged(evidence)

    return read


def this_changed(evidence: Evidence, site: Site) -> Reading:
    """The variable itself differs from the last good revision."""
    for o in evidence.all("revision", "env.changed"):
        if text_field(o, "variable") == site.variable:
            return seen([o], f"against the last good revision it was {text_field(o, 'change')}")
    return _unchanged(evidence)


def changes(evidence: Evidence, component: str, fields: Collection[str]) -> tuple[Observation, ...]:
    """Changes of the variables in these fields of the component's address."""
    spec = evidence.system.components.get(component)
    names = {v for f, v in variables_of(spec).items() if f in fields} if spec else set[str]()
    if spec and spec.address and spec.address.url and spec.kind not in SEPARATE_LOGIN:
        # The whole address is one variable, perhaps made of others: a change of any of them is a change of each field.
        names |= {spec.address.url, *made_of(evidence, spec.address.url)}
    return tuple(o for o in evidence.all("revision", "env.changed") if text_field(o, "variable") in names)


def made_of(evidence: Evidence, variable: str) -> set[str]:
    """The variables that the manifest fills into this one."""
    templates = [spec.variables.get(variable, "") for spec in evidence.system.environments.values()]
    return {name for template in templates for name in references_of(template)}


def shown(observation: Observation) -> str:
    """The text that an `env.value` shows: it is quoted as a literal."""
    text = text_field(observation, "shown")
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return value if isinstance(value, str) else text


def flaw(value: str, *, is_url: bool) -> str:
    """What is wrong with the form of a host, port or URL; empty when nothing is."""
    if value != value.strip() or any(c.isspace() for c in value):
        return "white space"
    if any(c in QUOTES for c in value):
        return "quotes"
    if value in PLACEHOLDERS:
        return "a placeholder of an unset value"
    if not is_url and "://" in value:
        return "a scheme"
    if not is_url and DOTTED_LITERAL.match(value):
        return "a trailing dot"
    return ""


def _value(evidence: Evidence, variable: str) -> Observation | None:
    found = evidence.all("revision", "env.value")
    return next((o for o in found if text_field(o, "variable") == variable), None)


def _urls(evidence: Evidence) -> frozenset[str]:
    specs = evidence.system.components.values()
    return frozenset(spec.address.url for spec in specs if spec.address and spec.address.url)


def _unchanged(evidence: Evidence) -> Reading:
    same = evidence.get("revision", "env.unchanged")
    other = evidence.all("revision", "env.changed")
    if same and same.value is True:
        return against([same], "no variable differs from the last good revision")
    return against(other, "only other variables differ from the last good revision") if other else UNKNOWN


def _meets_contract(evidence: Evidence, site: Site) -> Reading:
    ok, broken = evidence.get("revision", "env.ok"), evidence.all("revision", "env.violation")
    if ok and ok.value is True:
        return against([ok], "the environment meets its contract")
    mine = [o for o in broken if text_field(o, "variable") == site.variable]
    if mine:
        return against(mine, f"the contract says: {text_field(mine[0], 'rule')}")
    return against(broken, "the contract was checked and says nothing of it") if broken else UNKNOWN

"""The contract as a JSON Schema, so that a deploy tool can check a revision before it exists."""

from typing import Any

from netra.settings.contract import VERSION
from netra.settings.model import ROLES, Environment
from netra.settings.rules import LAST_PORT, PAIRS, RATIO
from netra.settings.variables import KEYS, PUBLIC, SECRET_LENGTH, VARIABLES, Kind, Variable

HTTPS = r"^[Hh][Tt][Tt][Pp][Ss]://[^\s/]+\S*$"
TRIMMED = r"^\S(.*\S)?$"
NOT_LOCAL = r"(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?|0\.0\.0\.0)"
LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
ROLE = "|".join(ROLES)
PATTERNS: dict[Kind, str] = {
    "text": TRIMMED,
    "host": rf"^(\[?[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\]?|{LABEL}(\.{LABEL})*)$",
    "port": rf"^([1-9]\d{{0,3}}|[1-5]\d{{4}}|6[0-4]\d{{3}}|65[0-4]\d{{2}}|655[0-2]\d|{LAST_PORT})$",
    "url": r"^https?://[^\s/]+\S*$",
    "origins": r"^(https?://[^\s/,]+(,https?://[^\s/,]+)*)?$",
    "roles": rf"^({ROLE})(,({ROLE}))*$",
    "key": r"^[A-Za-z0-9_-]{43}=?$",
    "keys": r"^[A-Za-z0-9_-]{43}=?(,[A-Za-z0-9_-]{43}=?)*$",
    "collector": r"^https?://[^\s/]+\S*$",
    "pairs": rf"^({PAIRS.pattern})$",
    "ratio": rf"^({RATIO.pattern})$",
    "networks": r"^([0-9A-Fa-f:.]+(/\d{1,3})?(,[0-9A-Fa-f:.]+(/\d{1,3})?)*)?$",
}


def schema(environment: Environment) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a process environment; `x-secret` marks values that may not be shown."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"netra environment contract {VERSION}, {environment}",
        "type": "object",
        "properties": {v.name: _property(v, environment) for v in VARIABLES},
        "patternProperties": {
            f"^{KEYS}[A-Z0-9_]+$": {
                "type": "string",
                "description": "A key that the file of LLM_CONFIG names.",
                "pattern": TRIMMED,
                "x-secret": True,
                "minLength": SECRET_LENGTH,
            }
        },
        "required": [v.name for v in VARIABLES if environment in v.required_in],
        "dependentRequired": _together() | ({} if environment == "local" else _needed()),
        "x-contract-version": VERSION,
    }


def _together() -> dict[str, list[str]]:
    groups = sorted({v.group for v in VARIABLES if v.group})
    return {
        v.name: [o.name for o in VARIABLES if o.group == v.group and o.name != v.name]
        for group in groups
        for v in VARIABLES
        if v.group == group
    }


def _needed() -> dict[str, list[str]]:
    return {v.needed_by: [v.name] for v in VARIABLES if v.needed_by}


def _property(variable: Variable, environment: Environment) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "string", "description": variable.meaning}
    if variable.kind == "choice":
        found["enum"] = list(variable.choices)
    else:
        found["pattern"] = HTTPS if variable.https and environment in PUBLIC else PATTERNS[variable.kind]
    if variable.secret:
        found |= {"x-secret": True, "minLength": SECRET_LENGTH}
    if variable.default is not None:
        found["default"] = variable.default
    if variable.process_only:
        found["x-process-only"] = True
    if environment in PUBLIC and variable.kind in {"host", "url", "origins"}:
        anchor = rf"^{NOT_LOCAL}$" if variable.kind == "host" else rf"//{NOT_LOCAL}(:|/|,|$)"
        found["not"] = {"pattern": anchor}
    return found

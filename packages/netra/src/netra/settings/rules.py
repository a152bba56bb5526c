"""The rules of the contract as pure checks: given variables, which are broken and how."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from netra.settings.model import ROLES, Environment
from netra.settings.variables import DEPLOYED, PUBLIC, SECRET_LENGTH, VARIABLES, Kind, Variable

Rule = Literal[
    "missing",
    "empty",
    "white_space",
    "format",
    "localhost",
    "too_short",
    "placeholder",
    "incomplete_group",
    "conflict",
]
HOST = re.compile(
    r"(?=.{1,253}\Z)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\Z"
)
PLACEHOLDER = re.compile(r"change.?me|placeholder|example|your[-_ ]|<.*>|x{8,}|replace[-_ ]", re.IGNORECASE)
PAIRS = re.compile(r"[A-Za-z0-9_.-]+=[^\s,=][^\s,]*(,[A-Za-z0-9_.-]+=[^\s,=][^\s,]*)*")
RATIO = re.compile(r"0(\.[0-9]+)?|1(\.0+)?")
LAST_PORT = 65535
SEED_BYTES = 32


class Violation(BaseModel):
    """One variable that breaks one rule; the message never holds a secret's value."""

    model_config = ConfigDict(frozen=True)

    variable: str
    rule: Rule
    message: str


def violations(environ: Mapping[str, str], environment: Environment) -> tuple[Violation, ...]:
    """Every violation of the contract for this environment, in the contract's order."""
    found = [v for variable in VARIABLES if (v := check_one(variable, environ, environment))]
    return (*found, *_groups(environ), *_needed(environ, environment))


def is_loopback(host: str) -> bool:
    """Whether a host or address means this machine."""
    if host.lower() in {"localhost", "localhost.localdomain", "ip6-localhost"} or host.lower().endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def check_one(variable: Variable, environ: Mapping[str, str], environment: Environment) -> Violation | None:
    """The first rule that this variable breaks."""
    value = environ.get(variable.name)
    required = environment in variable.required_in
    if value is None:
        return _broken(variable, "missing", f"required in {environment} and not set") if required else None
    if not value:
        optional = not required and variable.default == ""
        return None if optional else _broken(variable, "empty", "set to an empty value; unset it or give a value")
    if value != value.strip():
        return _broken(variable, "white_space", f"has white space around it: {_quoted(variable, value)}")
    if variable.secret and (found := _weak(variable, value, environment)):
        return found
    if wrong := _FORMATS[variable.kind](variable, value) or _overheard(variable, value, environment):
        return _broken(variable, "format", wrong)
    return _local(variable, value, environment)


def _weak(variable: Variable, value: str, environment: Environment) -> Violation | None:
    if len(value) < SECRET_LENGTH:
        message = f"is {len(value)} characters long; at least {SECRET_LENGTH} are needed"
        return _broken(variable, "too_short", message)
    if environment in PUBLIC and PLACEHOLDER.search(value):
        return _broken(variable, "placeholder", "looks like a placeholder")
    return None


def _local(variable: Variable, value: str, environment: Environment) -> Violation | None:
    if environment not in PUBLIC or variable.kind not in {"host", "url", "origins"}:
        return None
    hosts = [value] if variable.kind == "host" else [urlsplit(v).hostname or "" for v in value.split(",")]
    if any(is_loopback(host) for host in hosts):
        return _broken(variable, "localhost", f"means this machine, which {environment} may not use: {value!r}")
    return None


def _groups(environ: Mapping[str, str]) -> list[Violation]:
    found: list[Violation] = []
    for group in sorted({v.group for v in VARIABLES if v.group}):
        members = [v for v in VARIABLES if v.group == group]
        absent = [v for v in members if v.name not in environ]
        if absent and len(absent) < len(members):
            present = ", ".join(v.name for v in members if v.name in environ)
            found += [_broken(v, "incomplete_group", f"not set although {present} is") for v in absent]
    return found


def _needed(environ: Mapping[str, str], environment: Environment) -> list[Violation]:
    if environment not in DEPLOYED:
        return []
    return [
        _broken(v, "incomplete_group", f"not set although {v.needed_by} is")
        for v in VARIABLES
        if v.needed_by in environ and v.name not in environ
    ]


def _overheard(variable: Variable, value: str, environment: Environment) -> str:
    if not variable.https or environment not in PUBLIC or urlsplit(value).scheme == "https":
        return ""
    return f"is not https, which {environment} needs: {value!r}"


def _broken(variable: Variable, rule: Rule, message: str) -> Violation:
    return Violation(variable=variable.name, rule=rule, message=message)


def _quoted(variable: Variable, value: str) -> str:
    return f"a secret of {len(value)} characters" if variable.secret else repr(value)


def _text(_variable: Variable, value: str) -> str:
    return "" if value.isprintable() else "holds a character that does not print"


def _host(_variable: Variable, value: str) -> str:
    try:
        ipaddress.ip_address(value.strip("[]"))
    except ValueError:
        return "" if HOST.match(value) else f"is no host name or address: {value!r}"
    return ""


def _port(_variable: Variable, value: str) -> str:
    valid = value.isascii() and value.isdigit() and 0 < int(value) <= LAST_PORT
    return "" if valid else f"is no port from 1 to {LAST_PORT}: {value!r}"


def _url(_variable: Variable, value: str) -> str:
    try:
        parts = urlsplit(value)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    return "" if valid else f"is no http or https address: {value!r}"


def _origins(variable: Variable, value: str) -> str:
    wrong = [v for v in value.split(",") if _url(variable, v) or urlsplit(v).path or v != v.strip()]
    return f"is no origin (scheme://host[:port]): {wrong[0]!r}" if wrong else ""


def _networks(_variable: Variable, value: str) -> str:
    for network in value.split(","):
        try:
            ipaddress.ip_network(network)
        except ValueError:
            return f"is no address or network (such as 10.0.0.0/8): {network!r}"
    return ""


def _roles(_variable: Variable, value: str) -> str:
    unknown = [v for v in value.split(",") if v not in ROLES]
    return f"no such role: {unknown[0]!r}; roles are {', '.join(ROLES)}" if unknown else ""


def _choice(variable: Variable, value: str) -> str:
    return "" if value in variable.choices else f"is not one of {', '.join(variable.choices)}: {value!r}"


def _key(_variable: Variable, value: str) -> str:
    try:
        seed = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except (binascii.Error, ValueError):
        return "is not base64url"
    return "" if len(seed) == SEED_BYTES else f"holds {len(seed)} bytes; an Ed25519 seed has {SEED_BYTES}"


def _pairs(_variable: Variable, value: str) -> str:
    return "" if PAIRS.fullmatch(value) else "is no list of name=value, comma-separated"


def _ratio(_variable: Variable, value: str) -> str:
    return "" if RATIO.fullmatch(value) else f"is no number from 0 to 1: {value!r}"


def _keys(variable: Variable, value: str) -> str:
    return next((wrong for seed in value.split(",") if (wrong := _key(variable, seed))), "")


_FORMATS: dict[Kind, Callable[[Variable, str], str]] = {
    "text": _text,
    "host": _host,
    "port": _port,
    "url": _url,
    "origins": _origins,
    "roles": _roles,
    "choice": _choice,
    "key": _key,
    "keys": _keys,
    "networks": _networks,
    # A collector usually runs beside the process, so that its address may be this machine's.
    "collector": _url,
    "pairs": _pairs,
    "ratio": _ratio,
}

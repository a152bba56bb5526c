"""Where an edge leads, read from the variables exactly as they are configured."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Literal
from urllib.parse import parse_qs, unquote

from pydantic import SecretStr

from goldenpath.facts import Record
from goldenpath.manifest.model import Component, Kind

DEFAULT_PORTS: dict[Kind, str] = {"postgres": "5432", "redis": "6379", "clickhouse": "8123"}
"""What the protocols' clients use when no port is configured."""
SCHEMES: dict[Kind, tuple[str, ...]] = {
    "postgres": ("postgres", "postgresql"),
    "redis": ("redis", "rediss", "valkey", "valkeys"),
    "clickhouse": ("http", "https"),
    "llm": ("http", "https"),
    "web": ("http", "https"),
    "worker": ("http", "https"),
}
"""What an address of each kind may begin with; any other server's may begin with anything."""
TRUST_VARIABLE = "SSL_CERT_FILE"
"""Read by OpenSSL itself, and so by most clients."""
TlsMode = Literal["disable", "prefer", "require", "verify-ca", "verify-full"]
"""As libpq's `sslmode` has it; `allow`, which asks for TLS only where the server insists, is taken for `prefer`."""
_MODES: dict[str, TlsMode] = {
    **dict.fromkeys(("disable", "false", "0", "no", "off"), "disable"),
    **dict.fromkeys(("allow", "prefer"), "prefer"),
    **dict.fromkeys(("require", "true", "1", "yes", "on"), "require"),
    "verify-ca": "verify-ca",
    "verify-full": "verify-full",
}
_INSISTS = frozenset[TlsMode]({"require", "verify-ca", "verify-full"})
_ENCRYPTED = frozenset({"https", "rediss", "valkeys"})
_WEB_PORTS = {"http": "80", "https": "443"}
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9]*)(?:\+[a-z0-9]+)?://(?:(?P<login>[^@/]*)@)?(?P<host>\[[^\]]*\]|[^:/?#]*)(?::(?P<port>[^/?#]*))?(?P<path>.*)",
    re.DOTALL,
)
"""By hand, because `urlsplit` drops the line breaks and tabs that a probe must see."""


class Target(Record):
    """One configured address, unchanged, and what is needed to log in there."""

    kind: Kind
    host: str
    port: str
    tls_mode: TlsMode = "prefer"
    """Only PostgreSQL's clients tell all of them apart; others encrypt and check, or do not encrypt."""
    trust: str = ""
    """A file of authorities that the component's variables name instead of the machine's."""
    path: str = ""
    """The path of a URL, without the slash at its end."""
    user: str = ""
    password: SecretStr = SecretStr("")
    database: str = ""
    model: str = ""
    variable: str
    """The variable that says where it is."""
    shown: str
    """Host and port as configured; of a URL without its login."""
    problem: str = ""
    """Why no client would accept the address, if so."""

    @property
    def tls(self) -> bool:
        """Whether its clients insist on TLS."""
        return self.tls_mode in _INSISTS

    @property
    def authority(self) -> str:
        """Host and port as an HTTP `Host` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_literal(self) -> bool:
        """Whether the host is an IP address that never reaches the resolver."""
        return is_literal(self.host)

    def stripped(self) -> "Target | None":
        """The same address without the white space around it, or None when there is none."""
        host, port = self.host.strip(), self.port.strip()
        if (host, port) == (self.host, self.port) and not self.problem.startswith("white space"):
            return None
        return self.model_copy(update={"host": host, "port": port, "path": self.path.strip(), "problem": ""})


def is_literal(host: str) -> bool:
    """Whether this is a clean IPv4 or IPv6 address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def target_of(component: Component, environ: Mapping[str, str]) -> Target | None:
    """Where this component is according to these variables; None when it declares no address."""
    address = component.address
    if address is None:
        return None

    def value(variable: str) -> str:
        return environ.get(variable, "") if variable else ""

    login = {"user": value(address.user), "password": SecretStr(value(address.password))}
    rest = {"kind": component.kind, "database": value(address.database), "model": value(address.model)}
    rest["trust"] = environ.get(TRUST_VARIABLE, "")
    rest |= _tls_of(value(address.tls))
    if address.url:
        return Target.model_validate(
            {**login, **rest, **_of_url(component.kind, address.url, environ.get(address.url))}
        )
    host = environ.get(address.host)
    port = environ.get(address.port, DEFAULT_PORTS.get(component.kind, ""))
    return Target.model_validate(
        {
            **login,
            **rest,
            "host": host or "",
            "port": port,
            "variable": address.host,
            "shown": f"{host or ''}:{port}",
            "problem": _absent(address.host, host),
        }
    )


def _of_url(kind: Kind, variable: str, url: str | None) -> dict[str, object]:
    found, allowed = _URL.fullmatch(url or ""), SCHEMES.get(kind, ())
    if found is None or url is None or (allowed and found["scheme"] not in allowed):
        problem = _absent(variable, url) or f"{variable} is no {' or '.join(allowed[:2])} address"
        return {"host": "", "port": "", "variable": variable, "shown": url or "", "problem": problem}
    scheme = found["scheme"]
    found_login = found["login"] or ""
    user, _, password = found_login.partition(":")
    login = {"user": unquote(user), "password": SecretStr(unquote(password))} if found_login else {}
    return {
        **login,
        "host": found["host"].removeprefix("[").removesuffix("]"),
        "port": found["port"] if found["port"] is not None else _WEB_PORTS.get(scheme, DEFAULT_PORTS.get(kind, "")),
        **({"tls_mode": "verify-full"} if scheme in _ENCRYPTED else _tls_of(_sslmode_of(kind, found["path"]))),
        "path": found["path"].rstrip("/"),
        **({"database": database} if (database := _database_of(kind, found["path"])) else {}),
        "variable": variable,
        "shown": url.replace(f"{found_login}@", "", 1) if found_login else url,
        "problem": f"white space around {variable}" if url != url.strip() else "",
    }


def _database_of(kind: Kind, path: str) -> str:
    """The database of a PostgreSQL address; other kinds' paths say something else, or nothing."""
    return unquote(path.partition("?")[0].strip("/ \n")) if kind == "postgres" else ""


def _sslmode_of(kind: Kind, path: str) -> str:
    """What a PostgreSQL address asks for behind its question mark: `sslmode`, or `ssl` as asyncpg has it."""
    asked = parse_qs(path.partition("?")[2].strip()) if kind == "postgres" else {}
    return next((asked[name][-1] for name in ("sslmode", "ssl") if name in asked), "")


def _tls_of(word: str) -> dict[str, TlsMode]:
    """Nothing for a word that says nothing."""
    mode = _MODES.get(word.strip().lower())
    return {"tls_mode": mode} if mode else {}


def _absent(variable: str, value: str | None) -> str:
    if value is None:
        return f"{variable} is not set"
    return "" if value else f"{variable} is empty"


def secrets_of(component: Component, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values that must never be shown: the password, and the login within a URL."""
    target = target_of(component, environ)
    if target is None or component.address is None:
        return ()
    found = [environ.get(component.address.password, ""), target.password.get_secret_value()]
    return tuple(value for value in found if value)

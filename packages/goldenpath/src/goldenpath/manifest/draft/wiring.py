"""From what was found to the parts of a manifest: which service leads to which, and by which variable; pure."""

import re
from collections.abc import Iterator

from pydantic import Field

from goldenpath.facts import Record
from goldenpath.manifest.draft.kinds import PORTS, SERVERS, kind_of
from goldenpath.manifest.draft.service import Given, Service, Source
from goldenpath.manifest.model import Kind

LOCAL = "127.0.0.1"
_ADDRESS = r"(?P<before>[a-z][a-z0-9+]*://(?:[^@/\s]*@)?|^)(?P<host>{host}|localhost|127\.0\.0\.1)(?::(?P<port>\d+))?(?![\w.-])"
_KIN = {
    "port": ("PORT",),
    "user": ("USER", "USERNAME"),
    "password": ("PASSWORD", "PASS"),
    "database": ("DB", "DATABASE", "NAME", "DBNAME"),
    "tls": ("SSLMODE", "SSL_MODE", "TLS", "SSL"),
}


class Part(Record):
    """One component with everything that is said of it."""

    service: Service
    kind: Kind
    address: dict[str, str] = Field(default_factory=dict[str, str])
    variables: dict[str, str] = Field(default_factory=dict[str, str])
    """Texts of the manifest, by the name that the process knows."""
    leads_to: tuple[str, ...] = ()

    @property
    def is_run(self) -> bool:
        """Whether goldenpath starts it."""
        return self.kind not in SERVERS


def parts_of(source: Source) -> dict[str, Part]:
    """Every service as a component, wired by its variables."""
    parts = {s.name: Part(service=s, kind=kind_of(s)) for s in source.services}
    for name in [n for n, part in parts.items() if part.kind not in SERVERS]:
        _wire(parts, name)
    return parts


def _wire(parts: dict[str, Part], name: str) -> None:
    part = parts[name]
    texts = {variable: given.text for variable, given in part.service.variables.items()}
    found: list[str] = []
    for variable, given in part.service.variables.items():
        for other in [o for n, o in parts.items() if n != name]:
            text = _local(other, given)
            if text is None:
                continue
            texts[variable] = text
            found.append(other.service.name)
            address = _address(variable, part.service.variables)
            parts[other.service.name] = other.model_copy(update={"address": other.address or address})
            texts |= _port(other, address, part.service.variables)
            break
    parts[name] = part.model_copy(update={"variables": texts, "leads_to": tuple(dict.fromkeys(found))})


def _local(other: Part, given: Given) -> str | None:
    """The text with the other service's address on this machine; None when the value does not lead to it."""
    pattern = re.compile(_ADDRESS.format(host=re.escape(other.service.name)))
    found = pattern.search(given.value)
    if found is None or (found["host"] != other.service.name and not _is_at(other, found["port"], given.value)):
        return None
    # The env file's own line would have to change: it keeps its secret, and a person looks at it.
    return pattern.sub(lambda f: f"{f['before']}{_where(other, f['port'])}", given.text, count=1)


def _is_at(other: Part, port: str | None, value: str) -> bool:
    """Whether an address of this machine is the other's: by its published port, or by the kind of the address."""
    if port is not None and int(port) in other.service.published.values():
        return True
    return value.startswith((f"{other.kind}:", f"{other.kind}ql:")) and (
        port is None or int(port) in other.service.ports
    )


def _where(other: Part, port: str | None) -> str:
    if other.is_run:
        return f"{LOCAL}:{{port:{other.service.name}}}" if port or other.kind == "web" else LOCAL
    if port is None:
        return LOCAL
    return f"{LOCAL}:{other.service.published.get(int(port), int(port))}"


def _address(variable: str, siblings: dict[str, Given]) -> dict[str, str]:
    """Which variables say where the other is: one with the whole address, or host and its kin by name."""
    if "://" in siblings[variable].value:
        return {"url": variable}
    stem = re.sub(r"(HOST|HOSTNAME|SERVER|ADDR|ADDRESS)$", "", variable)
    known = {"host": variable}
    if stem:
        named = {field: [f"{stem}{end}" for end in ends if f"{stem}{end}" in siblings] for field, ends in _KIN.items()}
        known |= {field: names[0] for field, names in named.items() if names}
    return known


def _port(other: Part, address: dict[str, str], siblings: dict[str, Given]) -> dict[str, str]:
    """The text of the port's own variable, where host and port are apart."""
    name = address.get("port", "")
    if name not in siblings or not siblings[name].value.isdecimal():
        return {}
    if other.is_run:
        return {name: f"{{port:{other.service.name}}}"}
    inside = int(siblings[name].value)
    return {name: str(other.service.published.get(inside, inside))}


def remarks_of(source: Source, parts: dict[str, Part]) -> Iterator[str]:
    """What a person has to look at."""
    yield from source.remarks
    for name, part in parts.items():
        if part.kind in SERVERS and not part.address:
            yield f"{name}: left out, for no variable leads to it"
        elif part.kind in SERVERS:
            port = PORTS.get(part.kind, 0)
            where = next(iter(part.service.published.values()), port)
            yield f"{name}: goldenpath does not start it: it must run at {LOCAL}:{where or 'its port'}"
        elif not part.service.command:
            yield f"{name}: how it is started here is not known: fill in `run`"

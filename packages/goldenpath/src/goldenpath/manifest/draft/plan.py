"""The one environment of a draft: every variable has one meaning in it, whoever calls it what; pure."""

from collections.abc import Mapping

from goldenpath.facts import Record
from goldenpath.manifest.draft.kinds import SERVERS
from goldenpath.manifest.draft.wiring import LOCAL, Part


class Wired(Record):
    """A part with the variables of the environment that it reads under names of its own."""

    part: Part
    own: dict[str, str]
    address: dict[str, str]
    command: tuple[str, ...]


class Plan(Record):
    """Variables of the environment, and every component."""

    variables: dict[str, str]
    components: dict[str, Wired]
    remarks: tuple[str, ...] = ()


def plan_of(parts: Mapping[str, Part]) -> Plan:
    """Give every meaning one name; a name that means two things gets the component's name before it."""
    texts = {name: _texts(part) for name, part in parts.items() if part.kind not in SERVERS}
    shared = {n for said in texts.values() for n in said if len({t[n] for t in texts.values() if n in t}) == 1}
    variables: dict[str, str] = {"REVISION": "{revision}"}
    components: dict[str, Wired] = {}
    remarks: list[str] = []
    for name, part in parts.items():
        said = texts.get(name, {})
        own = {n: _prefixed(name, n) for n in said if n not in shared}
        variables |= {own.get(n, n): text for n, text in said.items() if n != "PORT" or part.kind != "web"}
        command, address = part.service.command, dict(part.address)
        if part.kind == "web" and part.is_run:
            command, address, more = _web(name, part, said, own)
            variables |= more
            own |= {"PORT": address["port"]} if "PORT" in said else {}
            if command == part.service.command and not _hears_port(said, own, name):
                remarks.append(f"{name}: it must listen at port {{port:{name}}}: say so in `run` or in a variable")
        components[name] = Wired(part=part, own=own, address=address, command=command)
    return Plan(variables=variables, components=components, remarks=tuple(remarks))


def _texts(part: Part) -> dict[str, str]:
    said = {n: t for n, t in part.variables.items() if n != "REVISION"}
    if part.kind == "web" and part.is_run:
        placeholder = f"{{port:{part.service.name}}}"
        own = {str(port) for port in part.service.ports}
        said |= {n: placeholder for n, t in said.items() if n == "PORT" or (n.endswith("_PORT") and t in own)}
    return said


def _web(
    name: str, part: Part, said: Mapping[str, str], own: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str], dict[str, str]]:
    """Its command with the port of the revision, the variables that say where it is, and those that are new."""
    placeholder = f"{{port:{name}}}"
    named = next((n for n, text in said.items() if text == placeholder), "")
    port = own.get(named, named) if named and named != "PORT" else _prefixed(name, "PORT")
    host = _prefixed(name, "HOST")
    command = tuple(_with_port(word, part.service.ports, placeholder) for word in part.service.command)
    return command, {"host": host, "port": port}, {host: LOCAL, port: placeholder}


def _with_port(word: str, ports: tuple[int, ...], placeholder: str) -> str:
    for port in ports:
        if port and word == str(port):
            return placeholder
        for before in (":", "=", " "):
            if port and f"{before}{port}" in word:
                return word.replace(f"{before}{port}", f"{before}{placeholder}")
    return word


def _hears_port(said: Mapping[str, str], own: Mapping[str, str], name: str) -> bool:
    return "PORT" in own or f"{{port:{name}}}" in said.values()


def _prefixed(component: str, variable: str) -> str:
    return f"{component.upper().replace('-', '_')}_{variable}"

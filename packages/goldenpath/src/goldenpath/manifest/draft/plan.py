"""The one environment of a draft: every variable has one meaning in it, whoever calls it what; pure."""

from collections.abc import Iterable, Mapping

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


class Reach(Record):
    """How a web component of ours is started and reached: its command, its address, and the variables that say so."""

    command: tuple[str, ...]
    address: dict[str, str]
    variables: dict[str, str]


def plan_of(parts: Mapping[str, Part]) -> Plan:
    """Give every meaning one name; a name that means two things gets the component's name before it."""
    said = {name: _texts(part) for name, part in parts.items() if part.kind not in SERVERS}
    shared = _shared(said.values())
    variables: dict[str, str] = {"REVISION": "{revision}"}
    components: dict[str, Wired] = {}
    remarks: list[str] = []
    for name, part in parts.items():
        texts = said.get(name, {})
        own = {n: _prefixed(name, n) for n in texts if n not in shared}
        variables |= {own.get(n, n): text for n, text in texts.items() if n != "PORT" or part.kind != "web"}
        if not _is_ours(part):
            components[name] = Wired(part=part, own=own, address=dict(part.address), command=part.service.command)
            continue
        reach = _reach(name, part, texts, own)
        variables |= reach.variables
        own |= {"PORT": reach.address["port"]} if "PORT" in texts else {}
        components[name] = Wired(part=part, own=own, address=reach.address, command=reach.command)
        if reach.command == part.service.command and not _hears_port(texts, own, name):
            remarks.append(f"{name}: it must listen at port {{port:{name}}}: say so in `run` or in a variable")
    return Plan(variables=variables, components=components, remarks=tuple(remarks))


def _shared(said: Iterable[Mapping[str, str]]) -> set[str]:
    """The names that mean the same wherever they stand."""
    meanings: dict[str, set[str]] = {}
    for texts in said:
        for name, text in texts.items():
            meanings.setdefault(name, set()).add(text)
    return {name for name, found in meanings.items() if len(found) == 1}


def _is_ours(part: Part) -> bool:
    return part.kind == "web" and part.is_run


def _texts(part: Part) -> dict[str, str]:
    said = {n: t for n, t in part.variables.items() if n != "REVISION"}
    if _is_ours(part):
        placeholder = f"{{port:{part.service.name}}}"
        own = {str(port) for port in part.service.ports}
        said |= {n: placeholder for n, t in said.items() if n == "PORT" or (n.endswith("_PORT") and t in own)}
    return said


def _reach(name: str, part: Part, said: Mapping[str, str], own: Mapping[str, str]) -> Reach:
    placeholder = f"{{port:{name}}}"
    named = next((n for n, text in said.items() if text == placeholder), "")
    port = own.get(named, named) if named and named != "PORT" else _prefixed(name, "PORT")
    host = _prefixed(name, "HOST")
    command = tuple(_with_port(word, part.service.ports, placeholder) for word in part.service.command)
    return Reach(command=command, address={"host": host, "port": port}, variables={host: LOCAL, port: placeholder})


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

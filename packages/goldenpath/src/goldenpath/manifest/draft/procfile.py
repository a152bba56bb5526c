"""A Procfile: one process type a line."""

import re
import shlex
from collections.abc import Iterator, Mapping

from goldenpath.manifest.draft.kinds import PORTS, kind_of_scheme
from goldenpath.manifest.draft.service import Given, Service, Source

_LINE = re.compile(r"^(?P<name>[A-Za-z0-9_-]+)\s*:\s*(?P<command>.+)$")
_SHELL = re.compile(r"[$&|;<>()`*?~#]|^[A-Za-z_]\w*=")
_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+]*)://(?:[^@/]*@)?(?P<host>[^:/?#]+)(?::(?P<port>\d+))?")
RELEASE = "release"


def read_procfile(text: str, given: Mapping[str, Given], env_file: str) -> Source:
    """Its process types, and the servers that the variables name."""
    lines = {found["name"]: found["command"].strip() for line in text.splitlines() if (found := _LINE.match(line))}
    servers = tuple(_servers(given))
    services = [
        Service(
            name=name.lower().replace("_", "-"),
            command=command_of(words),
            variables={
                **given,
                **({"PORT": Given(text="", value="")} if "$PORT" in words or "${PORT" in words else {}),
            },
            ports=(0,) if "$PORT" in words or "${PORT" in words else (),
            published={0: 0} if name == "web" else {},
        )
        for name, words in lines.items()
        if name != RELEASE
    ]
    migrate = command_of(lines[RELEASE]) if RELEASE in lines else ()
    return Source(file="Procfile", services=(*services, *servers), env_file=env_file, migrate=migrate)


def command_of(words: str) -> tuple[str, ...]:
    """A command line as words; through a shell when it needs one."""
    if _SHELL.search(words):
        return ("sh", "-c", words if " && " in words or ";" in words else f"exec {words}")
    return tuple(shlex.split(words))


def _servers(given: Mapping[str, Given]) -> Iterator[Service]:
    """The servers that addresses among the variables lead to; each once."""
    seen: set[str] = set()
    for variable in given.values():
        found = _URL.match(variable.value)
        kind = kind_of_scheme(found["scheme"]) if found else None
        if found and kind and kind not in seen:
            seen.add(kind)
            port = int(found["port"] or PORTS[kind])
            yield Service(name=kind, image=kind, ports=(port,), published={port: port})

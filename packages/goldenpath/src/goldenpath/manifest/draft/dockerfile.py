"""How an image of one's own is started: the last CMD and ENTRYPOINT of its Dockerfile; pure."""

import json
import re
from collections.abc import Iterator
from typing import cast

from goldenpath.facts import Record
from goldenpath.manifest.draft.procfile import command_of

_INSTRUCTION = re.compile(r"^\s*(?P<word>[A-Za-z]+)\s+(?P<rest>.*)$")
_ENV = re.compile(r"""([A-Za-z_]\w*)=("[^"]*"|'[^']*'|\S*)""")


class Image(Record):
    """What a Dockerfile says of running it."""

    command: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    variables: dict[str, str]


def read_dockerfile(text: str) -> Image:
    """Only its last stage counts, as for a build without a target."""
    said = list(_last_stage(text))
    entry = next((_words(rest) for word, rest in reversed(said) if word == "ENTRYPOINT"), ())
    command = next((_words(rest) for word, rest in reversed(said) if word == "CMD"), ())
    ports = tuple(int(p.partition("/")[0]) for word, rest in said if word == "EXPOSE" for p in _numbers(rest))
    variables = {n: v.strip("\"'") for word, rest in said if word == "ENV" for n, v in _ENV.findall(rest)}
    return Image(command=(*entry, *command), ports=ports, variables=variables)


def _last_stage(text: str) -> list[tuple[str, str]]:
    said: list[tuple[str, str]] = []
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        found = _INSTRUCTION.match(line)
        if found and found["word"].upper() == "FROM":
            said.clear()
        elif found:
            said.append((found["word"].upper(), found["rest"].strip()))
    return said


def _words(rest: str) -> tuple[str, ...]:
    if rest.startswith("["):
        try:
            return tuple(str(word) for word in cast("list[object]", json.loads(rest)))
        except ValueError:
            return ()
    return command_of(rest)


def _numbers(rest: str) -> Iterator[str]:
    return (word for word in rest.split() if word.partition("/")[0].isdigit())

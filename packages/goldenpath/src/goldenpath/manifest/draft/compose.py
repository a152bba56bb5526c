"""A compose file: its services, with what their variables name."""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import yaml

from goldenpath.errors import UsageError
from goldenpath.manifest.draft.dockerfile import Image, read_dockerfile
from goldenpath.manifest.draft.procfile import command_of
from goldenpath.manifest.draft.service import Given, Service, Source

Table = dict[str, Any]
ReadText = Callable[[str], str]
"""The text of a file below the project's folder; empty when there is none."""
_INTERPOLATED = re.compile(r"\$\$|\$\{(?P<braced>\w+)(?:(?P<how>:?[-?+])(?P<word>[^}]*))?\}|\$(?P<plain>[A-Za-z_]\w*)")
_PATH = re.compile(r"https?://[^/\s'\"]+(?P<path>/[^\s'\"|&;)]*)")


def read_compose(file: str, text: str, given: Mapping[str, Given], env_file: str, read: ReadText) -> Source:
    """Its services; UsageError when it is no compose file."""
    try:
        document: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"not YAML: {error}".replace("\n", " "), where=file) from error
    services = _table(_table(document).get("services"))
    if not services:
        raise UsageError("it has no services", where=file, hint="name another file with --from")
    readers = (_Reader(name, _table(said), given, read) for name, said in services.items())
    return Source(file=file, services=tuple(reader.service() for reader in readers), env_file=env_file)


class _Reader:
    """Reads one service."""

    def __init__(self, name: str, said: Table, given: Mapping[str, Given], read: ReadText) -> None:
        self._name = re.sub(r"[^a-z0-9_-]", "-", name.lower())
        self._said = said
        self._given = given
        self._read = read
        build: Any = said.get("build")
        self._folder = str(_table(build).get("context", ".") if isinstance(build, dict) else build or "")
        file = str(_table(build).get("dockerfile", "Dockerfile"))
        self._image = read_dockerfile(read(f"{self._folder}/{file}")) if self._folder else Image(variables={})

    def service(self) -> Service:
        """The service as it would be started here."""
        ports = [*_ports(self._said.get("ports"))]
        inside = dict.fromkeys([*(i for i, _ in ports), *_exposed(self._said.get("expose")), *self._image.ports])
        needs: Any = self._said.get("depends_on") or ()
        return Service(
            name=self._name,
            image="" if self._folder else str(self._said.get("image", "")),
            command=self._command(),
            folder=self._folder.removeprefix("./").strip("/").removeprefix("."),
            variables=self._variables(),
            ports=tuple(inside),
            published={i: o for i, o in ports if o},
            needs=tuple(str(need) for need in needs),
            ready_path=_ready_path(_table(self._said.get("healthcheck")).get("test")),
        )

    def _command(self) -> tuple[str, ...]:
        entry, command = _words(self._said.get("entrypoint")), _words(self._said.get("command"))
        if not self._folder:
            # What an image of somebody else runs is not on this machine, unless the file says it whole.
            return ()
        return (*entry, *command) or self._image.command

    def _variables(self) -> dict[str, Given]:
        own = {n: Given(text=v, value=v) for n, v in self._image.variables.items() if self._folder}
        from_file = dict(self._given) if self._said.get("env_file") else {}
        return {**own, **from_file, **dict(self._environment())}

    def _environment(self) -> Iterator[tuple[str, Given]]:
        said: Any = self._said.get("environment") or {}
        listed = not isinstance(said, dict)
        for name, value in _listed(said) if listed else _table(said).items():
            if value is None:
                if name in self._given:
                    yield name, self._given[name]
            else:
                yield str(name), interpolated(_text(value), self._given)


def _listed(said: Any) -> Iterator[tuple[str, Any]]:
    for one in cast("list[Any]", said):
        name, separator, value = str(one).partition("=")
        yield name, value if separator else None


def interpolated(text: str, given: Mapping[str, Given]) -> Given:
    """The text with `${NAME}` replaced: by what the file says, its default, or where to look for it."""

    def replaced(found: re.Match[str]) -> Given:
        name, how, word = found["braced"] or found["plain"], found["how"] or "", found["word"] or ""
        if not name:
            return Given(text="$", value="$")
        if how.endswith("+"):
            return Given(text=word, value=word) if name in given else Given(text="", value="")
        if how.endswith("-") and name not in given:
            return Given(text=word, value=word)
        return given.get(name, Given(text=f"{{file:{name}}}", value=""))

    shown = _INTERPOLATED.sub(lambda found: replaced(found).text, text)
    return Given(text=shown, value=_INTERPOLATED.sub(lambda found: replaced(found).value, text))


def _ports(said: Any) -> Iterator[tuple[int, int]]:
    for one in said or ():
        if isinstance(one, dict):
            table = _table(cast("Any", one))
            yield int(table["target"]), int(table.get("published") or 0)
            continue
        *_, outside, inside = ["", *re.sub(r"/(tcp|udp)$", "", str(one)).split(":")]
        if inside.isdigit():
            yield int(inside), int(outside) if outside.isdigit() else 0


def _exposed(said: Any) -> list[int]:
    return [int(str(one).partition("/")[0]) for one in said or ()]


def _words(said: Any) -> tuple[str, ...]:
    if isinstance(said, list):
        return tuple(str(word) for word in cast("list[Any]", said))
    return command_of(said) if isinstance(said, str) and said else ()


def _ready_path(test: Any) -> str:
    words = shlex.join(_words(test)) if isinstance(test, list) else str(test or "")
    found = _PATH.search(words)
    return found["path"] if found else ""


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _table(said: Any) -> Table:
    return cast("Table", said) if isinstance(said, dict) else {}

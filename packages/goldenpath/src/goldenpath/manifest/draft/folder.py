"""Finds in a folder what says how its system is started, and reads it."""

from collections.abc import Iterator
from pathlib import Path

from goldenpath.errors import UsageError
from goldenpath.manifest.dotenv import pairs
from goldenpath.manifest.draft.compose import read_compose
from goldenpath.manifest.draft.procfile import read_procfile
from goldenpath.manifest.draft.service import Given, Source

COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
PROCFILE = "Procfile"
ENV_FILES = (".env", ".env.local")
EXAMPLES = (".env.example", ".env.sample", ".env.template", "env.example")


def read_folder(folder: Path, chosen: str = "") -> Source:
    """What `chosen` says, else the first compose file, else the Procfile; UsageError when there is none."""
    file = chosen or next((name for name in (*COMPOSE, PROCFILE) if (folder / name).is_file()), "")
    if not file:
        looked = ", ".join((*COMPOSE, PROCFILE))
        raise UsageError("nothing says how the system is started", where=str(folder), hint=f"looked for {looked}")
    text = _text(folder, file)
    if not text:
        raise UsageError("it cannot be read, or is empty", where=str(folder / file), hint="name a file with --from")
    env_file, given = _given(folder)
    if Path(file).name == PROCFILE:
        source = read_procfile(text, given, env_file)
    else:
        source = read_compose(file, text, given, env_file, lambda path: _text(folder, path))
    return source.model_copy(update={"in_file": frozenset(given) if env_file else frozenset[str]()})


def _given(folder: Path) -> tuple[str, dict[str, Given]]:
    """The variables of the env file, by reference; without one, those of its example, as they are."""
    own = next((name for name in ENV_FILES if (folder / name).is_file()), "")
    if own:
        return own, {n: Given(text=f"{{file:{n}}}", value=v) for n, v in pairs(_text(folder, own))}
    example = next((name for name in EXAMPLES if (folder / name).is_file()), "")
    return "", dict(_examples(_text(folder, example))) if example else {}


def _examples(text: str) -> Iterator[tuple[str, Given]]:
    return ((name, Given(text=value, value=value)) for name, value in pairs(text))


def _text(folder: Path, name: str) -> str:
    path = folder / name
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

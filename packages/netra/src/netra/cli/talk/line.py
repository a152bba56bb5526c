"""What a line of `netra chat` means: something to say, or a command that begins with a slash."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from netra.errors import InvalidError

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "help": "what can be typed",
        "new": "begin a new thread with the next message",
        "threads": "[WORDS]  list the newest threads, or those with all of these words",
        "open": "N|ID  go on with a thread of the last list, or of this id",
        "history": "[N]  show the last N questions of this thread and their answers",
        "rename": "TITLE  give this thread a title",
        "archive": "put this thread away; `/threads archived` lists such",
        "restore": "bring this thread back from there",
        "delete": "yes  delete this thread",
        "retry": "ask the last question again",
        "tools": "[N]  the tool calls of the last answer, or one with arguments, queries and result",
        "export": "markdown|json [FILE]  keep this thread as a file",
        "usage": "[DAYS]  what you asked and what it cost",
        "approve": "[NOTE]  let the waiting action happen",
        "refuse": "[NOTE]  do not let it happen",
        "quit": "leave; so does Ctrl-D. Ctrl-C ends a run that goes on",
    }
)
SAY = ""


class Line(NamedTuple):
    """A command's name and what follows it; without a name it is said."""

    name: str
    rest: str


def read(text: str) -> Line:
    """What the line means; two slashes say one. Raises InvalidError for a command that there is not."""
    stripped = text.strip()
    if not stripped.startswith("/") or stripped.startswith("//"):
        return Line(SAY, stripped.removeprefix("/") if stripped.startswith("//") else stripped)
    name, _, rest = stripped[1:].partition(" ")
    fitting = [known for known in COMMANDS if known.startswith(name)] if name else []
    if name in COMMANDS or len(fitting) == 1:
        return Line(name if name in COMMANDS else fitting[0], rest.strip())
    found = f"{', '.join(fitting)} begin so" if fitting else "there is no such command"
    raise InvalidError(f"/{name}: {found}", where="line", hint="/help lists them; // says a slash")


def guide() -> str:
    """All commands, a line each."""
    rows: list[str] = []
    for name, meaning in COMMANDS.items():
        arguments, _, words = meaning.rpartition("  ")
        rows.append(f"  {f'/{name} {arguments}':<28} {words}")
    return "\n".join(rows)

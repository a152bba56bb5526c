"""SQL by name: `.sql` files of blocks `-- name: x`, a comment with one sentence, and the statement."""

import importlib.resources
import re
from collections.abc import Iterator, Mapping

from netra.errors import StartupError

NAME = re.compile(r"^--\s*name:\s*(\S+)\s*$", re.MULTILINE)


class Queries(Mapping[str, str]):
    """The statements of one file, by name."""

    def __init__(self, statements: Mapping[str, str], *, source: str) -> None:
        """Hold these statements; `source` is named when one is missing."""
        self._statements = dict(statements)
        self._source = source

    def __getitem__(self, name: str) -> str:
        """The statement of that name."""
        try:
            return self._statements[name]
        except KeyError:
            raise StartupError(f"no query named {name!r}", where=self._source) from None

    def __iter__(self) -> Iterator[str]:
        """Every name, in the file's order."""
        return iter(self._statements)

    def __len__(self) -> int:
        """How many statements the file holds."""
        return len(self._statements)


def load(package: str, name: str) -> Queries:
    """Read `name` beside the modules of `package`, such as `load("netra.runs", "sql/runs.sql")`."""
    text = importlib.resources.files(package).joinpath(name).read_text(encoding="utf-8")
    return parse(text, source=f"{package}:{name}")


def parse(text: str, *, source: str) -> Queries:
    """Cut the text at its `-- name:` lines; each block needs a sentence and a statement, each name is used once."""
    _, *pieces = NAME.split(text)
    blocks = list(zip(pieces[::2], pieces[1::2], strict=True))
    statements: dict[str, str] = {}
    for name, block in blocks:
        lines = block.strip().splitlines()
        if name in statements:
            raise StartupError(f"query {name!r} is there twice", where=source)
        if not lines or not lines[0].startswith("--"):
            raise StartupError(f"query {name!r} has no sentence that says what it does", where=source)
        statement = "\n".join(line for line in lines if not line.lstrip().startswith("--")).strip().rstrip(";")
        if not statement:
            raise StartupError(f"query {name!r} is empty", where=source)
        statements[name] = statement
    return Queries(statements, source=source)

"""Where each key of a TOML document stands; `tomllib` reads values and forgets their lines."""

import re
from collections.abc import Iterator
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Keys and array indexes from the root, such as `("edges", 0, "from")`."""

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r]+|\#[^\n]*)
    |(?P<newline>\n)
    |(?P<string>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    |(?P<mark>[\[\]{}=,.])
    |(?P<bare>[^\s\[\]{}=,.\#"']+)""",
    re.VERBOSE | re.DOTALL,
)
_END = "\n"


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def key_lines(text: str) -> dict[Path, int]:
    """The line (from 1) of every key, table and array item; `text` must be valid TOML."""
    return _Document(text).read()


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of the longest known beginning of the path; 1 when nothing of it stands in the document."""
    known = (path[:length] for length in range(len(path), 0, -1))
    return next((lines[p] for p in known if p in lines), 1)


class _Document:
    def __init__(self, text: str) -> None:
        self.tokens = [*_tokens(text), _Token("newline", _END, text.count("\n") + 1)]
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.items: dict[Path, int] = {}
        """How many elements each array of tables has so far."""

    def read(self) -> dict[Path, int]:
        table: Path = ()
        while self.at < len(self.tokens):
            if self._is("\n"):
                self.at += 1
            elif self._is("["):
                table = self._header()
            else:
                self._pair(table)
        return self.lines

    def _is(self, text: str) -> bool:
        token = self.tokens[self.at]
        return token.kind != "string" and token.text == text

    def _header(self) -> Path:
        line = self.tokens[self.at].line
        self.at += 1
        array = self._is("[")
        self.at += array
        path = self._inside(self._keys("]"))
        self.at += 1 + array
        if array:
            # Without the index that `_inside` added for an array that exists already.
            array_path = path[:-1] if path and isinstance(path[-1], int) else path
            self.lines.setdefault(array_path, line)
            path = (*array_path, self.items.get(array_path, 0))
            self.items[array_path] = self.items.get(array_path, 0) + 1
        self._mark(path, line)
        return path

    def _inside(self, keys: list[str]) -> Path:
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self.items:
                path = (*path, self.items[path] - 1)
        return path

    def _keys(self, end: str) -> list[str]:
        keys: list[str] = []
        while not self._is(end):
            token = self.tokens[self.at]
            if token.kind == "string":
                keys.append(token.text[1:-1])
            elif token.kind == "bare":
                keys.append(token.text)
            self.at += 1
        return keys

    def _pair(self, table: Path) -> None:
        line = self.tokens[self.at].line
        path = (*table, *self._keys("="))
        self.at += 1
        self._mark(path, line)
        self._value(path)

    def _mark(self, path: Path, line: int) -> None:
        for length in range(1, len(path)):
            self.lines.setdefault(path[:length], line)
        self.lines[path] = line

    def _value(self, path: Path) -> None:
        if self._is("["):
            self._array(path)
        elif self._is("{"):
            self._inline(path)
        else:
            self._scalar()

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while not self._is("]"):
            if self._is(",") or self._is("\n"):
                self.at += 1
                continue
            self.lines[*path, index] = self.tokens[self.at].line
            self._value((*path, index))
            index += 1
        self.at += 1

    def _inline(self, path: Path) -> None:
        self.at += 1
        while not self._is("}"):
            if self._is(",") or self._is("\n"):
                self.at += 1
            else:
                self._pair(path)
        self.at += 1

    def _scalar(self) -> None:
        while not any(self._is(end) for end in ",]}\n"):
            self.at += 1


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or ""
        if kind != "space":
            yield _Token(kind, found[0], line)
        line += found[0].count("\n")

"""Files of `NAME=VALUE` lines, as .env files are; pure."""

import re
from collections.abc import Iterator

_LINE = re.compile(r"^\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>.*?)\s*$")
_QUOTED = re.compile(r"""^(?P<quote>["'])(?P<text>.*)(?P=quote)(?:\s+\#.*)?$""")
_REMARK = re.compile(r"(^|\s+)#.*$")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_ESCAPED = re.compile(r"\\([nrt\"\\])")
_LETTERS = {char: letter for letter, char in _ESCAPES.items()}
_NEEDS_QUOTES = re.compile(r"[\s#'\"\\]")


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """Each name with its value, in order; quotes around a value and a remark behind it are no part of it."""
    for line in text.split("\n"):
        found = None if line.lstrip().startswith("#") else _LINE.match(line)
        if found:
            yield found["name"], _value(found["value"])


def _value(raw: str) -> str:
    found = _QUOTED.match(raw)
    if found is None:
        return _REMARK.sub("", raw)
    text = found["text"]
    return text if found["quote"] == "'" else _ESCAPED.sub(lambda escape: _ESCAPES[escape[1]], text)


def quoted(value: str) -> str:
    """The value as a line of such a file has to say it, so that `pairs` reads it again."""
    if not _NEEDS_QUOTES.search(value):
        return value
    told = "".join(f"\\{_LETTERS[char]}" if char in _LETTERS else char for char in value)
    return f'"{told}"'

"""Files of `NAME=VALUE` lines, as .env files are; pure."""

import re
from collections.abc import Iterator

_LINE = re.compile(r"^\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>.*?)\s*$")
_QUOTED = re.compile(r"""^(?P<quote>["'])(?P<text>.*)(?P=quote)(?:\s+\#.*)?$""")
_REMARK = re.compile(r"(^|\s+)#.*$")


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """Each name with its value, in order; quotes around a value and a remark behind it are no part of it."""
    for line in text.splitlines():
        found = None if line.lstrip().startswith("#") else _LINE.match(line)
        if found:
            yield found["name"], _value(found["value"])


def _value(raw: str) -> str:
    quoted = _QUOTED.match(raw)
    if quoted is None:
        return _REMARK.sub("", raw)
    text = quoted["text"]
    return text if quoted["quote"] == "'" else text.replace("\\n", "\n").replace('\\"', '"')

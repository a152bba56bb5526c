"""The first wall, before any server sees the text: a small, unambiguous part of ClickHouse's SQL; pure.

Whoever wants to trick a checker needs a text that two parsers read differently: comments, escapes, other quotation
marks, several statements, parameters. So these are no part of what is taken; all else is left to the server's parser.
"""

import re
from collections.abc import Iterator

from netra.errors import ToolError

MOST_DEPTH = 40
FORBIDDEN = {
    "--": "comment",
    "/*": "comment",
    "*/": "comment",
    "#": "comment",
    ";": "second statement",
    "{": "query parameter",
    "}": "query parameter",
    "\\": "backslash",
    "$": "dollar quote",
    "@": "variable",
}
TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<forbidden>--|/\*|\*/|[#;{}\\$@])"
    r"|(?P<text>'(?:[^'\\\r\n]|'')*')"
    r"|(?P<quoted>\"[\w ./:-]+\"|`[\w ./:-]+`)"
    r"|(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<open>[(\[])"
    r"|(?P<close>[)\]])"
    r"|(?P<mark>[-+*/%=<>!,.?:|])",
    re.ASCII,
)
PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)
PAIRS = {")": "(", "]": "["}
BEGINS = frozenset({"select", "with", "("})


class Text:
    """A text that keeps to the small part, read once."""

    def __init__(self, sql: str) -> None:
        """Read it; raises ToolError with what is not allowed."""
        self.sql = sql.strip()
        self._tokens = [(kind, token) for kind, token in _tokens(self.sql) if kind != "space"]
        _balanced(self._tokens)
        if not self._tokens or self._tokens[0][1].lower() not in BEGINS:
            raise _refused("only a SELECT is answered; begin with select or with")

    @property
    def named(self) -> frozenset[str]:
        """The names of its own common table expressions: every `name as (`.

        Only plain ones: a name with a dot in it looks in the tree like a table of another database.
        """
        three = zip(self._tokens, self._tokens[1:], self._tokens[2:], strict=False)
        return frozenset(
            name.strip('"`')
            for (kind, name), (_, word), (_, mark) in three
            if kind in {"word", "quoted"} and PLAIN.fullmatch(name.strip('"`')) and word.lower() == "as" and mark == "("
        )


def _tokens(sql: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(sql):
        found = TOKEN.match(sql, place)
        if found is None:
            raise _refused(f"the character {sql[place]!r} at {place + 1} is not allowed here")
        kind, token = str(found.lastgroup), found[0]
        if kind == "forbidden":
            raise _refused(f"no {FORBIDDEN[token]} here, such as {token}")
        yield kind, token
        place = found.end()


def _balanced(tokens: list[tuple[str, str]]) -> None:
    """Every bracket closes what was opened last: nothing gets out of the brackets that the text is put into."""
    opened: list[str] = []
    for kind, token in tokens:
        if kind == "open":
            opened.append(token)
            if len(opened) > MOST_DEPTH:
                raise _refused(f"brackets are nested deeper than {MOST_DEPTH}")
        elif kind == "close" and (not opened or opened.pop() != PAIRS[token]):
            raise _refused(f"a bracket {token} closes nothing")
    if opened:
        raise _refused(f"a bracket {opened[-1]} is not closed")


def _refused(why: str) -> ToolError:
    return ToolError(f"This SQL is not asked: {why}.", where="sql")

"""The functions that SQL of others may use: they compute from their arguments, and nothing else.

Left out is whatever reads elsewhere (`dictGet`, `joinGet`, `file`), tells about the server (`hostName`, `getSetting`),
waits (`sleep`) or makes much of little (`range`, `repeat`).
"""

import importlib.resources
import re

COMBINATORS = re.compile(r"(?:if|array|distinct|ornull|ordefault)+$")
TITLE = re.compile(r"^# (\w+).*$", re.MULTILINE)


def _listed() -> dict[str, frozenset[str]]:
    text = importlib.resources.files("netra.analytics").joinpath("guarded/functions.txt").read_text(encoding="utf-8")
    _, *pieces = TITLE.split(text)
    return {title: frozenset(names.split()) for title, names in zip(pieces[::2], pieces[1::2], strict=True)}


LISTED = _listed()
"""Names in lower case by kind: aggregates, windows, scalars."""


def allowed(name: str) -> bool:
    """Whether a function of this name, in any case of letters, may be used."""
    plain = name.lower()
    if any(plain in names for names in LISTED.values()):
        return True
    return COMBINATORS.search(plain) is not None and COMBINATORS.sub("", plain) in LISTED["aggregates"]

"""Where in a TOML text a key stands; the standard library's parser keeps no positions."""

import re
from collections.abc import Sequence

HEADER = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
KEY = re.compile(r"^\s*([A-Za-z0-9_\-.\"']+)\s*=")


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line of the deepest table or key of this path that the text names; 1 when it names none."""
    wanted = [str(part) for part in path]
    best, found = 0, 1
    table: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if header := HEADER.match(line):
            table = _parts(header[1])
            here = table
        elif key := KEY.match(line):
            here = [*table, *_parts(key[1])]
        else:
            continue
        if len(here) > best and wanted[: len(here)] == here:
            best, found = len(here), number
    return found


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]

"""SQL by name: `.sql` files of blocks `-- name: x`, a comment with one sentence, and the statement."""

import importlib.resources
import re

_NAME = re.compile(r"^--\s*name:\s*(\S+)\s*$", re.MULTILINE)


def load(name: str) -> dict[str, str]:
    """The statements of one file beside this module, by name, in the file's order."""
    text = importlib.resources.files("goldenpath.probes").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")
    _, *pieces = _NAME.split(text)
    return {name: _statement(block) for name, block in zip(pieces[::2], pieces[1::2], strict=True)}


def _statement(block: str) -> str:
    lines = (line for line in block.strip().splitlines() if not line.startswith("--"))
    return "\n".join(lines).strip()

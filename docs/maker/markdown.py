"""Markdown's few parts that the made pages need."""

from collections.abc import Iterable, Sequence


def code(text: str) -> str:
    """The text as code; nothing for nothing."""
    return f"`{text}`" if text else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; no lines when it has no rows."""
    lines = [_row(cells) for cells in rows]
    return [_row(head), "|" + "---|" * len(head), *lines] if lines else []


def page(*parts: Iterable[str]) -> str:
    """A page of parts with an empty line between any two."""
    texts = ["\n".join(part) for part in parts]
    return "\n\n".join(text for text in texts if text) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

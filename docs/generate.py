"""Writes what `docs/reference` and an example have from code; `--check` says whether it is what the code says."""

import sys
from collections.abc import Callable
from pathlib import Path

from maker import (
    causes,
    commands,
    errors,
    events,
    incident,
    journal,
    logs,
    manifest,
    metrics,
    rules,
    schemas,
    sockets,
    variables,
)

REFERENCE = Path(__file__).resolve().parent / "reference"
PAGES: dict[str, Callable[[], str]] = {
    "variables.md": variables.made,
    "events.md": events.made,
    "errors.md": errors.made,
    "metrics.md": metrics.made,
    "logs.md": logs.made,
    "manifest.md": manifest.made,
    "journal.md": journal.made,
    "commands.md": commands.made,
    "causes.md": causes.made,
    "code-rules.md": rules.made,
    "asyncapi.json": sockets.made,
    "../../examples/seed-incident/worklog.md": incident.made,
}


def main() -> int:
    """Write the files, or with `--check` name those that differ from the code."""
    texts = {**{name: page() for name, page in PAGES.items()}, **schemas.made()}
    if "--check" in sys.argv[1:]:
        stale = [name for name, text in texts.items() if _text(name) != text]
        print("\n".join(f"{name} is not what the code says: run docs/generate.py" for name in stale) or "up to date")
        return 1 if stale else 0
    for name, text in texts.items():
        (REFERENCE / name).parent.mkdir(exist_ok=True)
        (REFERENCE / name).write_text(text, encoding="utf-8")
    return 0


def _text(name: str) -> str:
    path = REFERENCE / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())

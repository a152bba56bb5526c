"""The worklog's files, beside the journal they were computed from."""

from pathlib import Path

from goldenpath.worklog.model import Worklog
from goldenpath.worklog.render import html, markdown


def write_files(log: Worklog, folder: Path) -> tuple[Path, Path]:
    """Write `worklog.md` and `worklog.html`, each whole or not at all; returns their paths."""
    written = (folder / "worklog.md", folder / "worklog.html")
    for path, text in zip(written, (markdown(log), html(log)), strict=True):
        beside = path.with_suffix(path.suffix + ".new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    return written

"""Routes by which operators read the worklogs that another program wrote into the folder of WORKLOGS_DIR.

A worklog is a folder there with `worklog.html`, `worklog.md` or both. What they hold is not ours: it is shown in a
sandbox that runs nothing and loads nothing.
"""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict

from netra.errors import NotFoundError
from netra.web.access import Here, Operator
from netra.web.errors import OWNED, REFUSED

router = APIRouter(prefix="/api/operator/worklogs", tags=["operator"])
Format = Literal["html", "markdown"]
FILES: dict[Format, str] = {"html": "worklog.html", "markdown": "worklog.md"}
MEDIA: dict[Format, str] = {"html": "text/html; charset=utf-8", "markdown": "text/markdown; charset=utf-8"}
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
MOST = 200
HEAD = 4096
"""Characters in which a worklog says its title."""
TITLE = re.compile(r"<title>([^<]*)</title>|^# (.+)$", re.MULTILINE)
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
Name = Annotated[str, InPath(pattern=NAME, description="The name of its folder.")]
FILE = {
    200: {
        "description": "The worklog.",
        "content": {kind: {"schema": {"type": "string"}} for kind in ("text/html", "text/markdown")},
    }
}


class WorklogLine(BaseModel):
    """One worklog."""

    model_config = ConfigDict(frozen=True)

    worklog_id: str
    title: str
    written_at: datetime
    formats: tuple[Format, ...]


class WorklogList(BaseModel):
    """The newest worklogs; none when no folder is configured."""

    model_config = ConfigDict(frozen=True)

    worklogs: tuple[WorklogLine, ...]


@router.get("", responses=REFUSED)
async def list_worklogs(caller: Operator, here: Here) -> WorklogList:
    """The worklogs of the loop that looks after this system, newest first."""
    del caller
    folder = here.settings.worklogs_dir
    found = await asyncio.to_thread(listed, folder) if folder else ()
    return WorklogList(worklogs=found)


@router.get("/{worklog_id}", response_class=Response, responses=OWNED | FILE)
async def get_worklog(
    worklog_id: Name, caller: Operator, here: Here, wanted: Annotated[Format, Query(alias="format")] = "html"
) -> Response:
    """One worklog as it was written; a browser shows it without running or loading anything."""
    del caller
    folder = here.settings.worklogs_dir
    file = await asyncio.to_thread(inside, folder, worklog_id, wanted) if folder else None
    if file is None:
        raise NotFoundError("no such worklog", where="worklog_id")
    headers = {"Content-Security-Policy": SANDBOX, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    return Response(await asyncio.to_thread(file.read_bytes), media_type=MEDIA[wanted], headers=headers)


def inside(folder: Path, name: str, wanted: Format) -> Path | None:
    """The worklog's file, if it is there and really lies in the folder."""
    if not re.fullmatch(NAME, name):
        return None
    file = (folder / name / FILES[wanted]).resolve()
    return file if file.is_relative_to(folder.resolve()) and file.is_file() else None


def listed(folder: Path) -> tuple[WorklogLine, ...]:
    """The newest worklogs in the folder; what cannot be read is none."""
    try:
        names = [entry.name for entry in folder.iterdir()]
    except OSError:
        return ()
    lines = [line for name in names if (line := _line(folder, name))]
    return tuple(sorted(lines, key=lambda line: line.written_at, reverse=True)[:MOST])


def _line(folder: Path, name: str) -> WorklogLine | None:
    files: dict[Format, Path] = {kind: file for kind in FILES if (file := inside(folder, name, kind))}
    try:
        texts = [_head(file) for file in files.values()]
        written = max((file.stat().st_mtime for file in files.values()), default=None)
    except OSError:
        return None
    if written is None:
        return None
    found = [match for text in texts if (match := TITLE.search(text))]
    title = (found[0][1] or found[0][2] or "").strip() if found else ""
    return WorklogLine(
        worklog_id=name, title=title, written_at=datetime.fromtimestamp(written, UTC), formats=tuple(files)
    )


def _head(file: Path) -> str:
    with file.open(encoding="utf-8", errors="replace") as text:
        return text.read(HEAD)

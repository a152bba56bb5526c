"""A thread as one Markdown document, for people to keep."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from uuid import UUID

from netra.threads.records import Message, Thread

NAMES = {"user": "You", "assistant": "netra"}
LONGEST_NAME = 60


def heading(thread: Thread, at: datetime) -> str:
    """How the document begins."""
    title = " ".join(thread.title.split()) or "Untitled thread"
    return f"# {title}\n\nThread {thread.thread_id} of netra, exported {_moment(at)}.\n"


def entry(message: Message, ends: Mapping[UUID, str]) -> Iterator[str]:
    """One message; `ends` says of runs that gave no answer how they ended, which stands below what was asked."""
    yield f"\n## {NAMES[message.role]}, {_moment(message.created_at)}\n\n{message.content.strip()}\n"
    end = ends.get(message.run_id) if message.run_id and message.role == "user" else None
    if end:
        yield f"\n*No answer: {end}.*\n"


def filename(thread: Thread, suffix: str) -> str:
    """A name for the file that every system takes: ASCII letters, digits and dashes."""
    words = re.sub(r"[^a-z0-9]+", "-", thread.title.lower()).strip("-")[:LONGEST_NAME].strip("-")
    return f"{words or 'thread'}-{str(thread.thread_id)[:8]}.{suffix}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

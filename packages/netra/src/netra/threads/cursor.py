"""The place in a list of threads where the next page begins, as opaque text."""

import base64
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from netra.errors import InvalidError
from netra.threads.records import Thread


class Place(NamedTuple):
    """The last thread that was read."""

    updated_at: datetime
    thread_id: UUID


def written(thread: Thread) -> str:
    """The cursor after this thread."""
    text = f"{thread.updated_at.isoformat()} {thread.thread_id}"
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def read(cursor: str) -> Place:
    """The place a cursor names; raises InvalidError for one that this service did not write."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        at, _, thread_id = text.partition(" ")
        place = Place(datetime.fromisoformat(at), UUID(thread_id))
    except ValueError:
        place = None
    if place is None or place.updated_at.tzinfo is None:
        raise InvalidError("not a cursor of this service", where="query.cursor", hint="use next_cursor as it was given")
    return place

"""Reading and changing threads; a thread of someone else is one that does not exist."""

from collections.abc import AsyncGenerator
from uuid import UUID

from netra.errors import NotFoundError
from netra.stores.database import Executor, Record
from netra.stores.queries import load
from netra.threads import cursor
from netra.threads.records import (
    Message,
    MessagePage,
    Owner,
    Question,
    Thread,
    ThreadChange,
    ThreadPage,
    Wanted,
)

QUERIES = load("netra.threads", "sql/threads.sql")
PAGE = 200
"""Messages of a whole thread that are read at a time."""


async def create(database: Executor, principal: Owner, title: str) -> Thread:
    """Begin a thread."""
    return _thread(await database.fetchrow(QUERIES["create"], principal.user_id, principal.tenant_id, title))


async def page(database: Executor, principal: Owner, wanted: Wanted, *, limit: int) -> ThreadPage:
    """The next threads that fit, latest change first."""
    place = cursor.read(wanted.after) if wanted.after else (None, None)
    asked = (principal.user_id, wanted.status, *place, limit + 1)
    words = wanted.words.split()
    rows = await (database.fetch(QUERIES["found"], *asked, words) if words else database.fetch(QUERIES["page"], *asked))
    threads = tuple(_thread(row) for row in rows[:limit])
    return ThreadPage(threads=threads, next_cursor=cursor.written(threads[-1]) if len(rows) > limit else None)


async def get(database: Executor, principal: Owner, thread_id: UUID) -> Thread:
    """The thread, or NotFoundError."""
    return _thread(await database.fetchrow(QUERIES["get"], thread_id, principal.user_id))


async def change(database: Executor, principal: Owner, thread_id: UUID, wanted: ThreadChange) -> Thread:
    """Rename or archive it; raises NotFoundError."""
    row = await database.fetchrow(QUERIES["change"], thread_id, principal.user_id, wanted.title, wanted.status)
    return _thread(row)


async def delete(database: Executor, principal: Owner, thread_id: UUID) -> tuple[UUID, ...]:
    """Take it out of every view; answers its runs that have not ended. Raises NotFoundError."""
    if await database.fetchrow(QUERIES["delete"], thread_id, principal.user_id) is None:
        raise _missing()
    # Asked only now: a message that was accepted while the deletion waited for the thread has its run by now.
    return tuple(row["id"] for row in await database.fetch(QUERIES["open_runs"], thread_id))


async def messages(database: Executor, principal: Owner, thread_id: UUID, *, after: int, limit: int) -> MessagePage:
    """The next messages, oldest first; raises NotFoundError."""
    await get(database, principal, thread_id)
    rows = await database.fetch(QUERIES["messages"], thread_id, principal.user_id, after, limit + 1)
    found = tuple(Message.model_validate(dict(row.items())) for row in rows[:limit])
    return MessagePage(messages=found, next_after=found[-1].position if len(rows) > limit else None)


async def every_message(database: Executor, principal: Owner, thread_id: UUID) -> AsyncGenerator[Message]:
    """All of the thread's messages, oldest first, read in pages."""
    after: int | None = 0
    while after is not None:
        read = await messages(database, principal, thread_id, after=after, limit=PAGE)
        for message in read.messages:
            yield message
        after = read.next_after


async def question(database: Executor, principal: Owner, message_id: UUID) -> Question:
    """What was asked by this message, or what it answers; raises NotFoundError."""
    row = await database.fetchrow(QUERIES["question"], message_id, principal.user_id)
    if row is None:
        raise NotFoundError("no such message", where="message_id")
    return Question.model_validate(dict(row.items()))


def _thread(row: Record | None) -> Thread:
    if row is None:
        raise _missing()
    return Thread.model_validate(dict(row.items()))


def _missing() -> NotFoundError:
    return NotFoundError("no such thread", where="thread_id")

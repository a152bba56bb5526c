"""The route that gives a thread as a file: everything that was said, and in JSON what each run did."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, TypeAdapter

from netra.auth.principal import Principal
from netra.runs import of_thread
from netra.runs.of_thread import ThreadRun, ToldRun
from netra.stores.database import Pool
from netra.threads import markdown, store
from netra.threads.records import Message, Thread
from netra.web.access import Caller, Here
from netra.web.errors import OWNED

router = APIRouter(prefix="/api/threads", tags=["threads"])
Format = Literal["markdown", "json"]
SUFFIX: dict[Format, str] = {"markdown": "md", "json": "json"}
MEDIA: dict[Format, str] = {"markdown": "text/markdown; charset=utf-8", "json": "application/json"}
MOMENT = TypeAdapter(datetime)


class ThreadExport(BaseModel):
    """A thread with all of its messages, and its runs with their events; pieces of answers are left out."""

    model_config = ConfigDict(frozen=True)

    exported_at: datetime
    thread: Thread
    messages: tuple[Message, ...]
    runs: tuple[ToldRun, ...]


FILE = {
    200: {
        "model": ThreadExport,
        "description": "The thread as a file to keep.",
        "content": {"text/markdown": {"schema": {"type": "string"}}},
    }
}


class _Source(NamedTuple):
    """Where the pieces of a file come from."""

    pool: Pool
    caller: Principal
    thread: Thread
    runs: tuple[ThreadRun, ...]


@router.get("/{thread_id}/export", response_model=None, responses=OWNED | FILE)
async def export_thread(
    thread_id: UUID, caller: Caller, here: Here, wanted: Annotated[Format, Query(alias="format")] = "markdown"
) -> StreamingResponse:
    """The thread as a file: Markdown to read, or JSON with what every run did."""
    thread = await store.get(here.pool, caller, thread_id)
    source = _Source(here.pool, caller, thread, await of_thread.runs_of(here.pool, caller, thread_id))
    headers = {
        "Content-Disposition": f'attachment; filename="{markdown.filename(thread, SUFFIX[wanted])}"',
        "X-Content-Type-Options": "nosniff",
    }
    pieces = _markdown(source) if wanted == "markdown" else _json(source)
    return StreamingResponse(pieces, media_type=MEDIA[wanted], headers=headers)


async def _markdown(source: _Source) -> AsyncGenerator[str]:
    ends = {run.run_id: f"{run.status} {run.reason}".strip() for run in source.runs if run.status != "completed"}
    yield markdown.heading(source.thread, datetime.now(UTC))
    async for message in store.every_message(source.pool, source.caller, source.thread.thread_id):
        for piece in markdown.entry(message, ends):
            yield piece


async def _json(source: _Source) -> AsyncGenerator[bytes]:
    thread = source.thread.model_dump_json(exclude={"excerpt"}).encode()
    yield b'{"exported_at":%b,"thread":%b,"messages":[' % (MOMENT.dump_json(datetime.now(UTC)), thread)
    between = b""
    async for message in store.every_message(source.pool, source.caller, source.thread.thread_id):
        yield between + message.model_dump_json().encode()
        between = b","
    yield b'],"runs":['
    for number, run in enumerate(source.runs):
        events = b",".join(await of_thread.events_of(source.pool, run.run_id))
        head = run.model_dump_json().encode().removesuffix(b"}")
        yield b'%b%b,"events":[%b]}' % (b"," if number else b"", head, events)
    yield b"]}"

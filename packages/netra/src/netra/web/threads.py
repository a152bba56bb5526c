"""Routes of threads and their messages."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response, status
from pydantic import BaseModel, ConfigDict, Field

from netra.runs import cancel
from netra.runs.accept import Accepted
from netra.threads import store
from netra.threads.records import MessagePage, Thread, ThreadChange, ThreadPage, Visible, Wanted
from netra.web.access import Caller, Here
from netra.web.asking import Message, ask
from netra.web.bodies import MessageBody, Text, ThreadBody, ThreadChangeBody
from netra.web.errors import ASKING, OWNED, allowance_headers

router = APIRouter(prefix="/api/threads", tags=["threads"])
Limit = Annotated[int, Query(ge=1, le=100)]
Key = Annotated[str | None, Header(min_length=1, max_length=128)]


class ThreadsQuery(BaseModel):
    """Which threads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: Annotated[Text, Field(max_length=200)] = Field(default="", description="Words to search for, in any case.")
    status: Visible = "active"
    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before.")


async def _said(body: MessageBody, idempotency_key: Key = None) -> Message:
    return Message(body.content, None, body.policy, body.client_message_id or idempotency_key)


Said = Annotated[Message, Depends(_said)]


@router.post("", status_code=status.HTTP_201_CREATED, responses=OWNED)
async def create_thread(caller: Caller, here: Here, body: ThreadBody | None = None) -> Thread:
    """Begin a thread."""
    return await store.create(here.pool, caller, body.title if body else "")


@router.get("", responses=OWNED)
async def list_threads(caller: Caller, here: Here, asked: Annotated[ThreadsQuery, Query()]) -> ThreadPage:
    """The caller's threads, latest change first; with `q` those in whose title or messages all of its words are."""
    wanted = Wanted(status=asked.status, words=asked.q, after=asked.cursor)
    return await store.page(here.pool, caller, wanted, limit=asked.limit)


@router.get("/{thread_id}", responses=OWNED)
async def get_thread(thread_id: UUID, caller: Caller, here: Here) -> Thread:
    """One of the caller's threads."""
    return await store.get(here.pool, caller, thread_id)


@router.patch("/{thread_id}", responses=OWNED)
async def change_thread(thread_id: UUID, body: ThreadChangeBody, caller: Caller, here: Here) -> Thread:
    """Rename a thread, archive it, or bring it back."""
    wanted = ThreadChange(title=body.title, status=body.status)
    return await store.change(here.pool, caller, thread_id, wanted)


@router.delete("/{thread_id}", status_code=status.HTTP_204_NO_CONTENT, responses=OWNED)
async def delete_thread(thread_id: UUID, caller: Caller, here: Here) -> None:
    """Take a thread out of every view, and end what runs in it."""
    for run_id in await store.delete(here.pool, caller, thread_id):
        await cancel.request(here.pool, here.publisher, run_id, by="owner")


@router.get("/{thread_id}/messages", responses=OWNED)
async def list_messages(
    thread_id: UUID, caller: Caller, here: Here, after: Annotated[int, Query(ge=0)] = 0, limit: Limit = 50
) -> MessagePage:
    """The thread's messages, oldest first."""
    return await store.messages(here.pool, caller, thread_id, after=after, limit=limit)


@router.post("/{thread_id}/messages", status_code=status.HTTP_202_ACCEPTED, responses=ASKING)
async def post_message(thread_id: UUID, said: Said, caller: Caller, here: Here, response: Response) -> Accepted:
    """Say something; the run that answers is followed at /api/runs/{run_id}/events.

    With an `Idempotency-Key`, or a `client_message_id` in the body, it may be sent again without being said twice.
    """
    accepted, allowance = await ask(here, caller, said._replace(thread_id=thread_id))
    response.headers.update(allowance_headers(allowance))
    return accepted

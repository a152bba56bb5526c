"""Routes of messages by themselves: saying one again."""

from uuid import UUID

from fastapi import APIRouter, Response, status

from netra.runs.accept import Accepted
from netra.threads import store
from netra.web.access import Caller, Here
from netra.web.asking import Message, ask
from netra.web.errors import ASKING, allowance_headers
from netra.web.threads import Key

router = APIRouter(prefix="/api/messages", tags=["threads"])


@router.post("/{message_id}/retry", status_code=status.HTTP_202_ACCEPTED, responses=ASKING)
async def retry_message(
    message_id: UUID, caller: Caller, here: Here, response: Response, idempotency_key: Key = None
) -> Accepted:
    """Ask again what this message asked or answers: a new message at the end of its thread, and a new run."""
    question = await store.question(here.pool, caller, message_id)
    said = Message(question.content, question.thread_id, "enqueue", idempotency_key)
    accepted, allowance = await ask(here, caller, said)
    response.headers.update(allowance_headers(allowance))
    return accepted

"""Accept a message: thread, message, run, first event and wake-up in one transaction and one round trip."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from netra.auth.principal import Principal
from netra.errors import ConflictError, InvalidError, NotFoundError
from netra.runs.log import QUERIES
from netra.stores.database import Executor

Policy = Literal["enqueue", "reject", "interrupt"]
"""What happens to a message whose thread is busy: it waits, it is refused, or it ends what runs."""


class Accepted(BaseModel):
    """The rows a message became."""

    model_config = ConfigDict(frozen=True)

    thread_id: UUID
    message_id: UUID
    run_id: UUID


class Terms(BaseModel):
    """Under which terms a run is accepted."""

    model_config = ConfigDict(frozen=True)

    revision: str
    """Routes the run to workers of the version that accepted it."""
    deadline_s: float
    policy: Policy = "enqueue"


async def accept(
    database: Executor, principal: Principal, thread_id: UUID | None, content: str, terms: Terms
) -> Accepted:
    """Make the message durable and wake a worker; without a thread a new one begins.

    Raises NotFoundError for a thread that is not the caller's or not active, ConflictError for a busy one under
    `reject`, InvalidError for text that cannot be stored.
    """
    _check(content)
    row = await database.fetchrow(
        QUERIES["accept"],
        principal.user_id,
        principal.tenant_id,
        thread_id,
        content,
        terms.deadline_s,
        terms.revision,
        terms.policy,
    )
    match row["outcome"] if row else None:
        case "accepted" if row:
            return Accepted.model_construct(
                thread_id=row["thread_id"], message_id=row["message_id"], run_id=row["run_id"]
            )
        case "thread_busy":
            raise ConflictError("a run of this thread has not ended yet", where="thread_id", hint="wait or cancel it")
        case _:
            raise NotFoundError("no such thread", where="thread_id")


def _check(content: str) -> None:
    if not content.strip():
        raise InvalidError("the message is empty", where="content")
    if "\x00" in content:
        raise InvalidError("the message holds a NUL character", where="content")
    try:
        content.encode()
    except UnicodeEncodeError as error:
        raise InvalidError("the message is not valid Unicode text", where="content") from error

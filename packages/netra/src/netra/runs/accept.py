"""Accept a message: thread, message, run, first event and wake-up in one transaction and one round trip."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from netra.auth.limits import SOON_S, PlanLimitError
from netra.auth.plans import PlanLimits
from netra.auth.principal import Principal
from netra.errors import Allowance, ConflictError, InvalidError, NotFoundError
from netra.runs.log import QUERIES
from netra.runs.patience import untangled
from netra.settings.logs import correlation
from netra.stores.database import Executor, Record
from netra.telemetry import spans

Policy = Literal["enqueue", "reject", "interrupt"]
"""What happens to a message whose thread is busy: it waits, it is refused, or it ends what runs."""


class Accepted(BaseModel):
    """The rows a message became."""

    model_config = ConfigDict(frozen=True)

    thread_id: UUID
    message_id: UUID
    run_id: UUID
    repeated: bool = False
    """The client had sent this message before: it is the same one, and nothing new was made."""


class Terms(BaseModel):
    """Under which terms a run is accepted."""

    model_config = ConfigDict(frozen=True)

    revision: str
    """Routes the run to workers of the version that accepted it."""
    deadline_s: float
    policy: Policy = "enqueue"
    client_message_id: str | None = None
    """The client's own id for the message."""
    most: PlanLimits | None = None
    """What the person's plan allows; without it nothing is limited."""


async def accept(
    database: Executor, principal: Principal, thread_id: UUID | None, content: str, terms: Terms
) -> Accepted:
    """Make the message durable and wake a worker; without a thread a new one begins.

    With the client's own id for it, unique among the caller's messages, sending it again is answered as the first time.
    Raises NotFoundError for a thread that is not the caller's or not active, ConflictError for a busy one under
    `reject` and for an id that stands for another message, InvalidError for text that cannot be stored,
    PlanLimitError when the plan's open runs or day's budget are used up.
    """
    _check(content, "content")
    if terms.client_message_id is not None:
        _check(terms.client_message_id, "client_message_id")
    arguments = (
        principal.user_id,
        principal.tenant_id,
        thread_id,
        content,
        terms.deadline_s,
        terms.revision,
        terms.policy,
        terms.client_message_id,
        *_origin(),
        *_most(terms.most),
    )
    row = await untangled(lambda: database.fetchrow(QUERIES["accept"], *arguments))
    match row["outcome"] if row else None:
        case "accepted" | "repeated" as outcome if row:
            ids = {name: row[name] for name in ("thread_id", "message_id", "run_id")}
            return Accepted.model_construct(**ids, repeated=outcome == "repeated")
        case "other_message":
            raise ConflictError(
                "this id stands for another message", where="client_message_id", hint="give each message its own id"
            )
        case "open_runs" | "tokens_per_day" | "cost_usd_per_day" as name if row and terms.most:
            raise _used_up(name, terms.most, row)
        case "thread_busy":
            raise ConflictError("a run of this thread has not ended yet", where="thread_id", hint="wait or cancel it")
        case _:
            raise NotFoundError("no such thread", where="thread_id")


async def accepted_before(database: Executor, principal: Principal, client_message_id: str) -> bool:
    """Whether the caller's id stands for a message that was accepted."""
    _check(client_message_id, "client_message_id")
    return await database.fetchval(QUERIES["accepted_before"], principal.user_id, client_message_id)


def _origin() -> tuple[str, str]:
    """Where the message comes from: the span and the request that accept it."""
    return spans.traceparent(), correlation.get({}).get("request_id", "")


def _most(plan: PlanLimits | None) -> tuple[int | float | None, ...]:
    return (plan.open_runs, plan.tokens_per_day, plan.cost_usd_per_day) if plan else (None, None, None)


def _used_up(name: str, plan: PlanLimits, row: Record) -> PlanLimitError:
    limit: float = getattr(plan, name)
    allowance = Allowance(
        name=name, limit=limit, remaining=max(limit - row["used"], 0), resets_in_s=round(row["resets_s"], 3)
    )
    # Any run's end makes room; the day's budget comes back with the next day.
    return PlanLimitError(allowance, retry_after=SOON_S if name == "open_runs" else None)


def _check(text: str, where: str) -> None:
    if not text.strip():
        raise InvalidError("the text is empty", where=where)
    if "\x00" in text:
        raise InvalidError("the text holds a NUL character", where=where)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidError("the text is not valid Unicode", where=where) from error

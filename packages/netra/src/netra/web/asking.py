"""One message becomes a durable run: the same for every door."""

import logging
from typing import NamedTuple
from uuid import UUID

from netra.auth.limits import PlanLimitError, plan_of
from netra.auth.principal import Principal
from netra.errors import Allowance, NetraError, TooLargeError
from netra.runs.accept import Accepted, Policy, Terms, accept, accepted_before
from netra.stores.postgres import FAILURES
from netra.telemetry.doors import counted
from netra.web.services import Services

LOG = logging.getLogger(__name__)


class Message(NamedTuple):
    """What somebody says, through whichever door."""

    content: str
    thread_id: UUID | None
    policy: Policy
    client_message_id: str | None


@counted
async def ask(services: Services, principal: Principal, message: Message) -> tuple[Accepted, Allowance]:
    """Accept the message; one that is refused, or was accepted before, does not count against the plan."""
    limit = services.timeouts.message_bytes
    if len(message.content.encode(errors="surrogatepass")) > limit:
        raise TooLargeError(f"the message is over {limit} bytes", where="content", hint="send less text")
    terms = Terms(
        revision=services.settings.revision,
        deadline_s=services.timeouts.run_s,
        policy=message.policy,
        client_message_id=message.client_message_id,
        most=plan_of(principal),
    )
    allowance = await _counted(services, principal, message)
    try:
        accepted = await accept(services.pool, principal, message.thread_id, message.content, terms)
    except (NetraError, *FAILURES):
        await _give_back(services, principal)
        raise
    if accepted.repeated:
        await _give_back(services, principal)
    return accepted, allowance


async def _counted(services: Services, principal: Principal, message: Message) -> Allowance:
    """Count it; one over the limit passes only if it was accepted before, for then it asks for nothing new."""
    try:
        return await services.limits.take_message(principal)
    except PlanLimitError as error:
        sent_as = message.client_message_id
        if sent_as is None or not await accepted_before(services.pool, principal, sent_as) or error.allowance is None:
            raise
        return error.allowance


async def _give_back(services: Services, principal: Principal) -> None:
    try:
        await services.limits.give_back_message(principal)
    except FAILURES as error:
        LOG.warning("a message that was not accepted is counted", extra={"error": type(error).__name__})

"""One message becomes a durable run: the same for every door."""

from typing import NamedTuple
from uuid import UUID

from netra.auth.limits import plan_of
from netra.auth.principal import Principal
from netra.errors import Allowance, NetraError, TooLargeError
from netra.runs.accept import Accepted, Policy, Terms, accept
from netra.telemetry.doors import counted
from netra.web.services import Services


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
    allowance = await services.limits.take_message(principal)
    try:
        accepted = await accept(services.pool, principal, message.thread_id, message.content, terms)
    except NetraError:
        await services.limits.give_back_message(principal)
        raise
    if accepted.repeated:
        await services.limits.give_back_message(principal)
    return accepted, allowance

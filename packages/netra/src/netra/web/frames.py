"""What goes over the socket, besides the run events themselves: two tagged unions, discriminator `type`."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from netra.errors import Allowance, ErrorBody
from netra.runs.accept import Policy
from netra.runs.approvals import LONGEST_NOTE, CallId

PROTOCOL = 1
"""Raised when an old client would misunderstand."""
ClientMessageId = Annotated[str, Field(min_length=1, max_length=128)]


class _Frame(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class UserMessage(_Frame):
    """Say something; without a thread a new one begins."""

    type: Literal["user_message"] = "user_message"
    content: str
    thread_id: UUID | None = None
    client_message_id: ClientMessageId | None = None
    """Comes back in the answer to this frame; sent again under the same id, the message is not said twice."""
    policy: Policy = "enqueue"


class Resume(_Frame):
    """Receive a run's events after a seq; also how to follow a run that another connection began."""

    type: Literal["resume"] = "resume"
    run_id: UUID
    after: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class Cancel(_Frame):
    """End a run."""

    type: Literal["cancel"] = "cancel"
    run_id: UUID


class Approve(_Frame):
    """Approve or refuse what a run waits for; its `approval_decided` says that it holds."""

    type: Literal["approve"] = "approve"
    run_id: UUID
    call_id: CallId
    approved: bool
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""


class Ping(_Frame):
    """Ask whether the other end is there."""

    type: Literal["ping"] = "ping"


ClientFrame = Annotated[UserMessage | Resume | Cancel | Approve | Ping, Field(discriminator="type")]
CLIENT_FRAMES: TypeAdapter[ClientFrame] = TypeAdapter(ClientFrame)


class Ready(_Frame):
    """The first frame: the socket is open, and who is at both ends."""

    type: Literal["ready"] = "ready"
    revision: str
    config_fingerprint: str
    user_id: UUID
    heartbeat_s: float
    """The server pings this often; an end that hears nothing for twice as long may reconnect."""
    protocol: int = PROTOCOL


class MessageAccepted(_Frame):
    """The message is durable, and its run will be executed."""

    type: Literal["message_accepted"] = "message_accepted"
    client_message_id: str | None
    thread_id: UUID
    message_id: UUID
    run_id: UUID
    limit: Allowance
    """What is left of the plan's messages in this hour."""


class Pong(_Frame):
    """Answers a ping."""

    type: Literal["pong"] = "pong"


class ErrorFrame(ErrorBody):
    """A frame could not be served; the socket stays open."""

    type: Literal["error"] = "error"
    client_message_id: str | None = None
    run_id: UUID | None = None


ServerFrame = Ready | MessageAccepted | Pong | ErrorFrame

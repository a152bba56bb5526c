"""The part of the manifest about journeys: what people do with a system, as a synthetic person does it."""

from typing import Literal

from pydantic import Field, JsonValue

from goldenpath.facts import Record
from goldenpath.manifest.names import Name


class Login(Record):
    """How a synthetic person gets a token: one POST; `{nonce}` and `{secret}` are filled in."""

    path: str
    body: dict[str, JsonValue]
    token_field: str


class Conversation(Record):
    """How a synthetic person asks on the socket, and what a lawful answer is; fields are dotted paths of a frame."""

    ready: dict[str, JsonValue]
    """The first frame must match."""
    send: dict[str, JsonValue]
    until: tuple[dict[str, JsonValue], ...]
    """Frames that end the run well."""
    failure: tuple[dict[str, JsonValue], ...]
    """Frames that end the run badly."""
    reason_field: str
    component_field: str
    type_field: str = "type"
    seq_field: str = "seq"
    run_field: str = "run_id"
    agent_field: str = "agent"
    run_agent: str = "run"
    """The `agent` of facts about the run itself, which no agent has to start."""
    expect: tuple[str, ...]
    """Types that must occur."""
    first_of_agent: str
    pairs: tuple[tuple[str, str, str], ...] = ()
    """(opening type, closing type, id field)."""
    deadline_s: float = Field(default=30.0, gt=0)


class Request(Record):
    """One step of a journey over HTTP; texts are filled with `{nonce}`, `{secret}` and what earlier answers gave."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: str
    headers: dict[str, str] = Field(default_factory=dict[str, str])
    body: JsonValue = None
    """Sent as JSON; nothing when it is null."""
    status: int = 200
    expect: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    """Dotted fields of the JSON answer and what they must be."""
    contains: str = ""
    """A text that the answer must hold."""
    keep: dict[str, str] = Field(default_factory=dict[str, str])
    """Names for later steps and the dotted fields they come from: `{ order = "id" }` makes `{order}`."""
    within_s: float = Field(default=0.0, ge=0)
    """Asked again until the answer is as it must be, for so long; 0 means that the first answer counts."""


class Journey(Record):
    """`[journeys.NAME]`: a user path, what it is worth and what it needs."""

    title: str
    value: str
    """What is lost while it fails, in the owner's words."""
    owner: str
    needs: tuple[Name, ...]
    login: Login | None = None
    conversation: Conversation | None = None
    """A question on the socket and its answer."""
    requests: tuple[Request, ...] = ()
    """Steps over HTTP, in order."""

    @property
    def is_synthetic(self) -> bool:
        """Whether the gate can run it as a synthetic person would."""
        return self.conversation is not None or bool(self.requests)

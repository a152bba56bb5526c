"""What a brain may do next, one typed step at a time; the engine makes durable events of them."""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue

from netra.agents.findings import Finding
from netra.events.union import ModelCall
from netra.tools.registry import Tool

Speaker = Literal["user", "assistant"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Think(_Frozen):
    """Tell the person who watches what comes next."""

    type: Literal["think"] = "think"
    text: str
    failed: tuple[ModelCall, ...] = ()
    """Models that did not answer."""


class CallTool(_Frozen):
    """Have a tool run; the engine sends the `Finding` back into the generator."""

    type: Literal["call_tool"] = "call_tool"
    tool: str
    arguments: dict[str, JsonValue]
    why: str = ""
    """For the person who is asked to approve it, when the tool has an effect."""


class Say(_Frozen):
    """The next piece of the answer."""

    type: Literal["say"] = "say"
    text: str


class Done(_Frozen):
    """This agent is finished; the last step. Who comes next is the flow's decision."""

    type: Literal["done"] = "done"
    result: dict[str, JsonValue]
    """For the agents that follow and whoever watches; keeps the output type of the agent's row."""
    reason: str = ""
    """What to say of it to whoever comes next, before the flow's own words."""
    models: tuple[ModelCall, ...] = ()
    """Models that were asked."""


Step = Think | CallTool | Say | Done
Steps = AsyncGenerator[Step, Finding | None]


class Utterance(_Frozen):
    """An earlier message of the thread."""

    role: Speaker
    content: str


class Client(_Frozen):
    """Whose run it is."""

    run_id: UUID
    user_id: UUID
    tenant_id: UUID
    attempt: int


class Failed(_Frozen):
    """An agent that could not finish its work."""

    agent: str
    reason: str
    """Machine-readable."""
    message: str
    component: str = ""


class Assignment(_Frozen):
    """All that an agent knows when it starts, or when another worker continues its work."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    agent: str
    question: str
    history: tuple[Utterance, ...]
    """Earlier messages of the thread, oldest first, as far as they fit; what came before them is in `digest`."""
    now: datetime
    """When the message was accepted: the same for whoever continues the run."""
    results: Mapping[str, dict[str, JsonValue]]
    """What agents that are done handed over, by name."""
    findings: tuple[Finding, ...]
    """Every call of this run that has ended or was refused, in order, whichever agent asked for it."""
    client: Client
    until: float
    """When the agent must be done, in the event loop's time."""
    said: str = ""
    """What this agent had already said when its worker was lost; it goes on from there."""
    granted: tuple[Tool, ...] = ()
    """What this agent may call in this run, the tenant's own tools included."""
    digest: str = ""
    """What the thread was about before `history`."""
    failed: tuple[Failed, ...] = ()
    """Agents of this run that could not finish; only reporting ever sees any."""

    @property
    def tools(self) -> tuple[str, ...]:
        """The names of what it may call."""
        return tuple(tool.name for tool in self.granted)


class Brain(Protocol):
    """Decides an agent's steps.

    After a worker was lost another asks again, with what the log holds by then: the brain goes on from `findings` and
    `said` and repeats neither. Raises LLMError or ToolError when there is no honest way on.
    """

    @property
    def name(self) -> str:
        """`builtin`, or the model's name: the label of whatever it produced."""
        ...

    def work(self, assignment: Assignment) -> Steps:
        """The steps of this assignment."""
        ...

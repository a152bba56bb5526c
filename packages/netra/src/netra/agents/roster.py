"""The agents: what each is for, what it may call, what it hands over and whom it may pass the run to."""

from collections.abc import Mapping
from dataclasses import dataclass

from netra.agents.results import Result
from netra.agents.steps import Brain


@dataclass(frozen=True, kw_only=True)
class Agent:
    """One specialist."""

    name: str
    task: str
    """What it is there for, as `agent_started` says it."""
    brain: Brain
    output: type[Result]
    """What its result must hold."""
    tools: tuple[str, ...] = ()
    """What it may call: a tool that is not named here does not exist for it."""
    followers: tuple[str, ...] = ()
    """Whom it may hand the run to; the flow names one of them."""


Roster = Mapping[str, Agent]
"""The agents of a deployment by name."""

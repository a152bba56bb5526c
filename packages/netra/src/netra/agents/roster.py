"""The agents: what each is for, what it may call and whom it may pass the run to."""

from collections.abc import Mapping
from dataclasses import dataclass

from netra.agents.steps import Brain

FIRST = "triage"
"""Every run begins here."""


@dataclass(frozen=True, kw_only=True)
class Agent:
    """One specialist."""

    name: str
    task: str
    """What it is there for, as `agent_started` says it."""
    brain: Brain
    tools: tuple[str, ...] = ()
    """What it may call: a tool that is not named here does not exist for it."""
    followers: tuple[str, ...] = ()
    """Whom it may hand the run to."""


Roster = Mapping[str, Agent]
"""The agents of a deployment by name; one of them is `FIRST`."""

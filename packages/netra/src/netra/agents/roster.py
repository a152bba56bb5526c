"""The agents: what each is for, what it may call, what it hands over and whom it may pass the run to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from netra.agents.results import Result
from netra.agents.steps import Brain
from netra.tools.registry import Tool

Grant = Literal["none", "profile", "reading", "all"]
"""Nothing; the profile of the data; all tools that change nothing; those that do as well, once they are approved."""
PROFILE = "data_profile"


@dataclass(frozen=True, kw_only=True)
class Agent:
    """One specialist."""

    name: str
    task: str
    """What it is there for, as `agent_started` says it."""
    brain: Brain
    output: type[Result]
    """What its result must hold."""
    grant: Grant = "none"
    """What it may call: a tool that it is not granted does not exist for it."""
    followers: tuple[str, ...] = ()
    """Whom it may hand the run to; the flow names one of them."""

    def may_call(self, tool: Tool) -> bool:
        """Whether the tool is granted to it."""
        match self.grant:
            case "none":
                return False
            case "profile":
                return tool.name == PROFILE
            case "reading":
                return not tool.effect
            case "all":
                return True


Roster = Mapping[str, Agent]
"""The agents of a deployment by name."""

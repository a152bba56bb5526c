"""The agents of this product: triage, data and reporting, each with the brain that serves its role."""

from collections.abc import Mapping

from netra.agents.builtin_brain import BuiltinData, BuiltinReporting, BuiltinTriage
from netra.agents.roster import Agent, Roster
from netra.agents.steps import Brain
from netra.settings.model import Role
from netra.tools.registry import Tools

BUILTIN: Mapping[Role, Brain] = {"triage": BuiltinTriage(), "data": BuiltinData(), "reporting": BuiltinReporting()}
"""The brains of a deployment without a language model."""


def team(tools: Tools, brains: Mapping[Role, Brain] | None = None) -> Roster:
    """The roster, in which `brains` take the place of the builtin ones."""
    serving = {**BUILTIN, **(brains or {})}
    agents = (
        Agent(
            name="triage",
            task="Understand the question and choose who answers it.",
            brain=serving["triage"],
            followers=("data", "reporting"),
        ),
        Agent(
            name="data",
            task="Collect the exact figures that answer the question.",
            brain=serving["data"],
            tools=tuple(tools),
            followers=("reporting",),
        ),
        Agent(name="reporting", task="Write the answer from what was found.", brain=serving["reporting"]),
    )
    return {agent.name: agent for agent in agents}

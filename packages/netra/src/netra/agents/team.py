"""The agents of this product, each a row with the brain that serves its role; its prompt is `prompts/<name>.md`."""

from collections.abc import Mapping

from netra.agents.builtin_brain import (
    BuiltinActions,
    BuiltinData,
    BuiltinDataHelper,
    BuiltinOptimization,
    BuiltinReporting,
    BuiltinTriage,
)
from netra.agents.results import Gathered, Needed, Optimized, Planned, Reported, Triaged
from netra.agents.roster import Agent, Roster
from netra.agents.steps import Brain
from netra.settings.model import Role

BUILTIN: Mapping[Role, Brain] = {
    "triage": BuiltinTriage(),
    "data_helper": BuiltinDataHelper(),
    "data": BuiltinData(),
    "optimization": BuiltinOptimization(),
    "actions": BuiltinActions(),
    "reporting": BuiltinReporting(),
}
"""The brains of a deployment without a language model."""


def team(brains: Mapping[Role, Brain] | None = None) -> Roster:
    """The roster, in which `brains` take the place of the builtin ones."""
    serving = {**BUILTIN, **(brains or {})}
    agents = (
        Agent(
            name="triage",
            task="Understand the question, and see how much of what it asks about the data holds.",
            brain=serving["triage"],
            output=Triaged,
            grant="profile",
            followers=("data_helper", "data", "actions", "reporting"),
        ),
        Agent(
            name="data_helper",
            task="Say which data is missing, and how to supply it.",
            brain=serving["data_helper"],
            output=Needed,
            grant="profile",
            followers=("data", "reporting"),
        ),
        Agent(
            name="data",
            task="Collect the exact figures that answer the question.",
            brain=serving["data"],
            output=Gathered,
            grant="reading",
            followers=("optimization", "reporting"),
        ),
        Agent(
            name="optimization",
            task="Work out from the figures what could be saved, and under which assumptions.",
            brain=serving["optimization"],
            output=Optimized,
            grant="reading",
            followers=("actions", "reporting"),
        ),
        Agent(
            name="actions",
            task="Turn it into steps; what changes anything is approved first.",
            brain=serving["actions"],
            output=Planned,
            grant="all",
            followers=("reporting",),
        ),
        Agent(
            name="reporting",
            task="Write the answer from what was found.",
            brain=serving["reporting"],
            output=Reported,
        ),
    )
    return {agent.name: agent for agent in agents}

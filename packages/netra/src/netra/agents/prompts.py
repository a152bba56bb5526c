"""What models are told, one file an agent: short, for small models pay for every token."""

import importlib.resources
from collections.abc import Mapping
from datetime import datetime
from functools import cache

TOKENS: Mapping[str, int] = {
    "triage": 48,
    "data_helper": 48,
    "data": 1024,
    "optimization": 1024,
    "actions": 1024,
    # Enough for two sentences, and few enough for a model on a CPU.
    "reporting": 64,
    "memory": 256,
}
"""The most that an answer may have."""


def prompt(agent: str, now: datetime) -> str:
    """What the model that serves this agent is told first."""
    return _text(agent).replace("{now}", now.isoformat())


@cache
def _text(agent: str) -> str:
    file = importlib.resources.files("netra.agents").joinpath(f"prompts/{agent}.md")
    return " ".join(file.read_text(encoding="utf-8").split())

"""Which of the tenant's workloads and models a question names."""

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

PART = r"[\w.:-]{0,60}"
"""Bounded, for it is sought at every letter."""
MODEL_LIKE = re.compile(
    rf"\b(?:gpt|claude|gemini|llama|mistral|mixtral|qwen|deepseek|command|grok|phi|o(?=[134]\b)){PART}\d{PART}",
    re.IGNORECASE,
)
"""What looks like the name of a model, to say that there is no data of it."""
QUOTED = re.compile(r"[\"“`]([^\"“”`]{1,60})[\"”`]")


class Named(BaseModel):
    """The names found, as the data spells them, and those that the data does not have."""

    model_config = ConfigDict(frozen=True)

    workloads: tuple[str, ...]
    models: tuple[str, ...]
    unknown_models: tuple[str, ...]
    unknown_workloads: tuple[str, ...]
    """Names in quotes that are neither a workload nor a model."""


def match(question: str, workloads: Sequence[str], models: Sequence[str]) -> Named:
    """Find each name in the question, the longest first, so that `gpt-4o-mini` is not also `gpt-4o`."""
    kinds = [*(("model", name) for name in models), *(("workload", name) for name in workloads)]
    found: list[tuple[str, str]] = []
    rest = question
    for kind, name in sorted(kinds, key=lambda item: (-len(item[1]), item)):
        words = pattern(name)
        if words.search(rest):
            found.append((kind, name))
            rest = words.sub(" ", rest)
    models_like = tuple(dict.fromkeys(m[0].rstrip(".:-") for m in MODEL_LIKE.finditer(rest)))
    return Named(
        workloads=tuple(sorted(name for kind, name in found if kind == "workload")),
        models=tuple(sorted(name for kind, name in found if kind == "model")),
        unknown_models=models_like,
        unknown_workloads=tuple(q for q in dict.fromkeys(QUOTED.findall(rest)) if q.strip() and q not in models_like),
    )


def pattern(name: str) -> re.Pattern[str]:
    """The name as a whole, in any case, with `-`, `_` and space alike."""
    body = r"[-_ ]{1,12}".join(re.escape(part) for part in re.split(r"[-_ ]+", name))
    return re.compile(rf"(?<![\w-]){body}(?![\w]|[-.:]\w)", re.IGNORECASE)

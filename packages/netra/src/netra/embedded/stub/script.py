"""What the stub answers: a script of steps, and one behaviour for every request that no step takes."""

import json
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from netra.errors import ConfigError

Fault = Literal[
    "none",
    "refused_key",
    "not_found",
    "quota",
    "rate_limited",
    "overloaded",
    "server_error",
    "content_filter",
    "hang",
    "hang_mid_stream",
    "truncated",
    "broken_off",
    "invalid_json",
    "malformed_arguments",
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Call(_Frozen):
    """A tool the model asks for."""

    name: str
    arguments: dict[str, JsonValue] = {}


class Behaviour(_Frozen):
    """How one request is answered."""

    text: str = "This is a scripted answer."
    calls: tuple[Call, ...] = ()
    """Asked for after the text, if the request offers tools."""
    first_token_s: float = Field(default=0.0, ge=0)
    tokens_per_s: float = Field(default=0.0, ge=0)
    """Words a second; 0: all at once."""
    fault: Fault = "none"
    after_tokens: int = Field(default=1, ge=0)
    """How many words come before a fault that strikes in the middle of a stream."""
    status: int | None = Field(default=None, ge=400, le=599)
    """Answer with this status instead of the fault's own."""
    retry_after: float | None = Field(default=None, ge=0)
    """Seconds in the Retry-After header of an error."""


class Step(Behaviour):
    """A behaviour for the next requests."""

    times: int = Field(default=1, ge=1)
    contains: str = ""
    """Only for requests whose messages contain this; others go on to the next step."""


class Script(_Frozen):
    """Everything that can be set, at the start or while the stub serves."""

    models: tuple[str, ...] = ()
    """The names it knows; empty: the one it was started with."""
    refuse_keys: bool = False
    """Refuse even the right key."""
    steps: tuple[Step, ...] = ()
    """Each request takes the first step that fits and is not used up."""
    default: Behaviour = Behaviour()


class Player:
    """Plays a script, request by request."""

    def __init__(self, script: Script) -> None:
        """Begin at the first step."""
        self.script = script
        self._left = [step.times for step in script.steps]

    def next(self, said: str) -> Behaviour:
        """The behaviour for a request with these words."""
        for number, step in enumerate(self.script.steps):
            if self._left[number] and step.contains in said:
                self._left[number] -= 1
                return step
        return self.script.default


def read(file: Path) -> Script:
    """The script in a TOML or JSON file; raises ConfigError that names the field."""
    try:
        text = file.read_text(encoding="utf-8")
        told: dict[str, Any] = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
        return Script.model_validate(told)
    except (OSError, ValueError) as error:
        hint = "netra embedded llm --help names the keys"
        raise ConfigError(_words(error), where=str(file), hint=hint) from error


def _words(error: OSError | ValueError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
    return str(error)

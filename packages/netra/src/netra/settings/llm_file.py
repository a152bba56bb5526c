"""The file that `LLM_CONFIG` names: providers, models, and which models serve which role, in order.

Keys are not in it: it names the variables that hold them.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from netra.errors import ConfigError
from netra.settings.model import BreakerSettings, ProviderKind, RetrySettings
from netra.settings.toml_lines import line_of

KEY_VARIABLE = r"^LLM_KEY_[A-Z0-9_]+$"
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
HINT = "netra config schema --llm prints the file's JSON Schema"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProviderEntry(_Entry):
    """An account at an endpoint."""

    kind: ProviderKind
    key: str = Field(pattern=KEY_VARIABLE, description="Name of the variable that holds the key.")
    base_url: str = Field(
        default="", pattern=r"^(https?://[^\s/]+\S*)?$", description="Of the endpoint, if not its usual one."
    )
    lists_models: bool = Field(
        default=True, description="Whether it can say which models it has; false: readiness asks about the key only."
    )

    @model_validator(mode="after")
    def _addressed(self) -> Self:
        if self.kind == "openai_compatible" and not self.base_url:
            message = "openai_compatible needs base_url"
            raise ValueError(message)
        return self


class ModelEntry(_Entry):
    """A model of a provider."""

    provider: Name = Field(description="One of [providers].")
    name: str = Field(min_length=1, description="The model's name at the provider.")
    temperature: float | None = Field(default=0.0, ge=0, le=2, description="Absent from the request when null.")


class RolesEntry(_Entry):
    """Models of each role, the first one first; a role without any is served by the builtin analyst."""

    triage: tuple[str, ...] = ()
    data_helper: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    optimization: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    reporting: tuple[str, ...] = ()


class CacheEntry(_Entry):
    """Answers to equal prompts of one person."""

    ttl_s: int = Field(default=0, ge=0, le=604800, description="How long an answer is kept; 0: never.")


class LLMFile(_Entry):
    """The whole file."""

    providers: dict[Name, ProviderEntry] = Field(min_length=1)
    models: dict[Name, ModelEntry] = Field(min_length=1)
    roles: RolesEntry
    retry: RetrySettings = RetrySettings()
    breaker: BreakerSettings = BreakerSettings()
    cache: CacheEntry = CacheEntry()


def read_file(path: Path) -> LLMFile:
    """The file; raises ConfigError that names file, line and key of everything that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        raise ConfigError(f"{path}: cannot be read: {reason}", where="LLM_CONFIG", hint=HINT) from error
    try:
        told: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}", where="LLM_CONFIG", hint=HINT) from error
    try:
        file = LLMFile.model_validate(told)
    except ValidationError as error:
        wrong = [(e["loc"], e["msg"].removeprefix("Value error, ")) for e in error.errors(include_url=False)]
    else:
        wrong = _dangling(file)
        if not wrong:
            return file
    lines = [f"{path}:{line_of(text, where)}: {'.'.join(map(str, where))}: {message}" for where, message in wrong]
    raise ConfigError("; ".join(lines), where="LLM_CONFIG", hint=HINT)


def _dangling(file: LLMFile) -> list[tuple[tuple[int | str, ...], str]]:
    """References that lead nowhere."""
    wrong: list[tuple[tuple[int | str, ...], str]] = [
        (("models", name, "provider"), f"there is no [providers.{model.provider}]")
        for name, model in file.models.items()
        if model.provider not in file.providers
    ]
    roles: dict[str, tuple[str, ...]] = file.roles.model_dump()
    wrong += [
        (("roles", role), f"there is no [models.{name}]")
        for role, names in roles.items()
        for name in names
        if name not in file.models
    ]
    wrong += [(("roles", role), "names a model twice") for role, names in roles.items() if len(set(names)) < len(names)]
    return wrong

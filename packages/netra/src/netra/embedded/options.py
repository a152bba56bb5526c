"""How one embedded server is started."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

START_S = 60.0
"""A start may take this long; the first one of ClickHouse reads 550 MB from a cold disk."""


class ServerOptions(BaseModel):
    """Where a server keeps its data, and who may log in."""

    model_config = ConfigDict(frozen=True)

    data: Path
    log: Path
    port: int
    user: str = "netra"
    password: SecretStr
    db: str = "netra"
    within_s: float = START_S


class ModelOptions(BaseModel):
    """The language model's server."""

    model_config = ConfigDict(frozen=True)

    log: Path
    port: int
    model: str = "smollm2-135m"
    """The name it is served under."""
    api_key: SecretStr
    threads: int = 2
    within_s: float = START_S

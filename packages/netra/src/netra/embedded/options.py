"""How one embedded server is started."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

START_S = 60.0
"""A start may take this long; the first one of ClickHouse reads 550 MB from a cold disk."""
MOST_THREADS = 4


def spare_cores() -> int:
    """All cores but one, from one to four.

    The model's threads wait for each other by spinning: when they do not all run at once, each token waits for the
    scheduler. On 2 busy cores 2 threads made 2 to 15 tokens a second, 1 thread 28 to 39.
    """
    return max(1, min(MOST_THREADS, len(os.sched_getaffinity(0)) - 1))


class ServerOptions(BaseModel):
    """Where a server keeps its data, and who may log in."""

    model_config = ConfigDict(frozen=True)

    data: Path
    log: Path
    port: int
    user: str = "netra"
    password: SecretStr
    db: str = "netra"
    also: tuple[str, ...] = ()
    """Addresses it serves besides the loopback; whoever reaches them needs the password."""
    within_s: float = START_S


class ModelOptions(BaseModel):
    """The language model's server."""

    model_config = ConfigDict(frozen=True)

    log: Path
    port: int
    model: str = "smollm2-135m"
    """The name it is served under."""
    api_key: SecretStr
    threads: int = Field(default_factory=spare_cores, ge=1)
    within_s: float = START_S

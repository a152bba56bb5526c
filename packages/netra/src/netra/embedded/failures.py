"""What can go wrong with an embedded server."""

from pathlib import Path
from typing import Literal

from netra.errors import ConflictError, StartupError

Component = Literal["postgres", "valkey", "clickhouse", "llm", "web", "worker"]
PORT_TAKEN = "ddress already in use"
"""What every server's own log says then, whatever it capitalises."""


class ServerError(StartupError):
    """An embedded server did not start; the message ends with what it said last."""

    def __init__(self, message: str, *, component: Component, tail: str = "", hint: str = "") -> None:
        """State what happened and what the server itself said last."""
        said = f": {tail}" if tail else ""
        super().__init__(message + said, where=component, hint=hint)
        self.port_taken = PORT_TAKEN in tail


class HeldError(ConflictError):
    """Another process serves this data folder."""

    def __init__(self, data: Path, *, pid: int, since: str) -> None:
        """Name the holder."""
        super().__init__(
            f"{data} is held by process {pid} since {since}",
            where=data.name,
            hint=f"stop process {pid}, or choose another folder",
        )
        self.pid = pid
        self.since = since

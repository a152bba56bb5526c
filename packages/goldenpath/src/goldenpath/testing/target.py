"""What a test process is told: the target's doors, which tests to run, and where to write what happens."""

import os
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from goldenpath.facts import Record

ControlKind = Literal["dead", "impostor"]
SECRET_FILE_MODE = 0o600


class Target(Record):
    """One deployed revision as its users see it."""

    door: str
    """Base URL, such as `http://127.0.0.1:8000`."""
    socket_path: str
    revision: str
    fingerprint: str
    version_path: str
    revision_field: str
    fingerprint_field: str
    revision_header: str = ""
    """The header by which every response names its revision; empty when the system has none."""
    environ: dict[str, str] = Field(default_factory=dict)
    """The variables of the revision, for operator commands."""
    request_s: float = Field(default=10.0, gt=0)
    """How long a client waits for one HTTP answer or one handshake."""
    wait_s: float = Field(default=60.0, gt=0)
    """How long a client waits for something that the system does in the background."""
    control: ControlKind | None = None
    """Set when this is no real target, but one that must make every test red."""

    @property
    def socket_url(self) -> str:
        """The WebSocket door."""
        return self.door.replace("http", "ws", 1).rstrip("/") + self.socket_path

    @property
    def peer(self) -> tuple[str, int]:
        """Host and port of the door."""
        parts = urlsplit(self.door)
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


class Selection(Record):
    """Which tests of a suite to run; an empty part does not restrict, several parts restrict together."""

    priorities: tuple[int, ...] = ()
    categories: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()
    files: tuple[str, ...] | None = None
    """Paths relative to the project."""
    ids: tuple[str, ...] | None = None


class FailFast(Record):
    """When to stop: `never`, after the `first` failure, the failing `category` only, or at `threshold` failures."""

    mode: Literal["never", "first", "category", "threshold"] = "never"
    threshold: int = Field(default=1, ge=1)


class Session(Record):
    """The file that `GOLDENPATH_TARGET` names."""

    target: Target
    mark: str
    project: str
    selection: Selection = Selection()
    fail_fast: FailFast = FailFast()
    lines: str
    """Where the plugin appends what happens, one JSON object a line."""


def write_session(path: Path, session: Session) -> None:
    """Write the file so that only its owner reads it: it holds the revision's variables."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(session.model_dump_json())


def read_session(path: Path) -> Session:
    """Read that file."""
    return Session.model_validate_json(path.read_text(encoding="utf-8"))

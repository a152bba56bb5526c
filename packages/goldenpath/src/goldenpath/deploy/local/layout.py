"""Where the state of one environment is on disk."""

from dataclasses import dataclass
from pathlib import Path

SHARED = "environment"
"""In file names, the revision of what every revision shares."""


@dataclass(frozen=True)
class Layout:
    """The state folder's files: `.goldenpath/ENVIRONMENT`."""

    root: Path

    @property
    def lock(self) -> Path:
        """Held while a command changes what is recorded."""
        return self.root / "lock"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.root / "supervisor.lock"

    @property
    def supervisor(self) -> Path:
        """Process, port and token of the supervisor; left behind when it was killed."""
        return self.root / "supervisor.json"

    @property
    def supervisor_log(self) -> Path:
        """What the supervisor itself had to say."""
        return self.logs / "supervisor.log"

    @property
    def children(self) -> Path:
        """The supervisor's children, for whoever finds it dead."""
        return self.root / "children.json"

    @property
    def ports(self) -> Path:
        """Ports that stay with the environment."""
        return self.root / "ports.json"

    @property
    def secrets(self) -> Path:
        """Secrets that stay with the environment."""
        return self.root / "secrets.json"

    @property
    def live(self) -> Path:
        """Names the revision with the traffic."""
        return self.root / "live"

    @property
    def last_good(self) -> Path:
        """Names the revision that was proven last."""
        return self.root / "last_good"

    @property
    def revisions(self) -> Path:
        """One folder a revision."""
        return self.root / "revisions"

    @property
    def artefacts(self) -> Path:
        """One folder a version of the code."""
        return self.root / "artefacts"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.root / "logs"

    @property
    def data(self) -> Path:
        """`{state}`: what components keep."""
        return self.root / "data"

    def log(self, component: str, revision: str, replica: int) -> Path:
        """The log of one process."""
        return self.logs / f"{component}.{revision or SHARED}.{replica}.jsonl"

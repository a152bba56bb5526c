"""What a deploy target can do, and the records it answers with; every kind of target has this one shape."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from pydantic import Field, JsonValue

from goldenpath.facts import Record
from goldenpath.manifest.names import Command

ProcessState = Literal["starting", "running", "frozen", "exited", "missing"]
"""`starting`: not yet found ready; `frozen`: stopped by a signal; `missing`: recorded, and nobody keeps it any more."""
RevisionState = Literal["prepared", "candidate", "live", "retired", "withdrawn"]


class ProcessStatus(Record):
    """One process of the system, as of now."""

    component: str
    replica: int
    revision: str
    """Empty for a component that every revision shares."""
    state: ProcessState
    pid: int | None = None
    exit_code: int | None = None
    """Negative: the signal that ended it."""
    started_at: datetime | None = None
    uptime_s: float = 0.0
    log: str = ""
    """Path of its JSON-line log."""


class Revision(Record):
    """One deployed version: a name, its variables' fingerprint, and what it is now."""

    name: str
    environment: str
    created_at: datetime
    based_on: str = ""
    fingerprint: str = ""
    """What the contract's fingerprint command printed; empty when it failed."""
    state: RevisionState = "prepared"
    changes: tuple[str, ...] = ()
    """What differs from the last good revision (or the manifest), in words, without values."""
    reason: str = ""
    """Why it was withdrawn or retired."""
    artefact: str = ""
    """The digest of the code it carries; empty when the manifest declares none."""
    commit: str = ""
    """The git commit of that code, where one is known."""
    ahead_of: str = ""
    """The commit that the project's folder was at, where its code differed from it."""


class Code(Record):
    """Where a revision's code is taken from: the project's folder unless one of these is given."""

    folder: str = ""
    """A folder laid out like the project."""
    commit: str = ""
    """A commit of the project's git repository, by any name that git knows it by."""


class Artefact(Record):
    """The code that a revision carries, as a folder of its own."""

    digest: str
    """Names what it contains: equal for equal code."""
    folder: str
    commit: str = ""
    """The git commit that has this code; empty when none is known to."""
    ahead_of: str = ""
    """The commit that the project's folder was at when it had this code; empty where a commit has it."""
    files: dict[str, str]
    """SHA-256 by path."""


class Commit(Record):
    """One commit of the project's repository."""

    name: str
    parents: tuple[str, ...] = ()
    subject: str = ""


class Repository(Protocol):
    """The project's git repository; StateError where there is none."""

    @property
    def installed(self) -> bool:
        """Whether there is a git to ask."""
        ...

    def commit(self, name: str) -> str:
        """The full name of a commit."""
        ...

    def between(self, good: str, bad: str, paths: tuple[str, ...]) -> tuple[Commit, ...]:
        """The commits in the past of `bad` and not of `good` that touch these paths, newest first, with `bad`."""
        ...

    def base(self, good: str, bad: str) -> str:
        """The newest commit that both come from."""
        ...

    def parent(self, commit: str) -> str:
        """The first parent; empty when there is none."""
        ...

    def merged(self, ours: str, base: str, theirs: str) -> str | None:
        """Our text with what changed from `base` to `theirs`; None when both changed the same lines."""
        ...

    def applies(self, patch: str, folder: Path) -> str:
        """Why a unified diff does not apply to the files of a folder; empty when it does. Nothing is written."""
        ...


class StartResult(Record):
    """Whether what was started became ready, and if not, what said so."""

    ready: bool
    component: str = ""
    """The one that failed."""
    phase: str = ""
    """Where in its start: as the component's own log names it, else `spawn`, `exit` or `ready`."""
    statement: str = ""
    seconds: float
    ready_ms: dict[str, float] = Field(default_factory=dict[str, float])
    """Milliseconds from the start to ready, by component."""


class CommandResult(Record):
    """What an operator command did."""

    command: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str
    seconds: float


class Target(Protocol):
    """A place to deploy one environment of one system."""

    async def ensure(self) -> dict[str, float]:
        """Bring up what every revision shares; milliseconds to ready by component. Raises DeployError."""
        ...

    async def prepare(
        self, changes: Mapping[str, str | None], *, based_on: str = "", code: Code | None = None
    ) -> Revision:
        """Write a new revision down: the manifest's variables, or those of `based_on`, with changes (None removes).

        It carries `code`; without it the code of `based_on`, or of the project as it is now.
        """
        ...

    def revision(self, name: str) -> Revision:
        """One revision; StateError when there is none of that name."""
        ...

    def revisions(self) -> tuple[Revision, ...]:
        """Every revision, oldest first."""
        ...

    def artefact(self, name: str) -> Artefact | None:
        """The code that a revision carries; None when the manifest declares none."""
        ...

    async def with_files(self, name: str, files: tuple[str, ...], source: str) -> Artefact:
        """A copy of a revision's code in which these files are those of another revision; StateError without code."""
        ...

    async def code(self, code: Code) -> Artefact | None:
        """A copy of this code, as a revision would carry it; None when the manifest declares none."""
        ...

    async def with_contents(self, files: Mapping[str, bytes]) -> Artefact:
        """Code given as contents by path."""
        ...

    @property
    def repository(self) -> Repository:
        """Where the project's commits are."""
        ...

    def environ(self, name: str) -> dict[str, str]:
        """The contract variables of a revision, filled in; they hold secrets."""
        ...

    async def start(self, name: str) -> StartResult:
        """Start a candidate: its own processes and ports, no traffic."""
        ...

    async def promote(self, name: str) -> str:
        """Give the traffic to a started revision; the previous one drains and stops. Returns the previous, or empty."""
        ...

    async def withdraw(self, name: str, reason: str) -> None:
        """Stop a candidate."""
        ...

    async def roll_back(self, reason: str) -> Revision:
        """Give the traffic back to the last good revision, started again if need be. Raises DeployError."""
        ...

    def mark_good(self, name: str) -> None:
        """Record that this revision was proven."""
        ...

    def live(self) -> Revision | None:
        """The revision with the traffic."""
        ...

    def last_good(self) -> Revision | None:
        """The revision that was proven last."""
        ...

    async def processes(self) -> tuple[ProcessStatus, ...]:
        """Every process that should be there, and how it is."""
        ...

    async def restart(self, component: str, *, revision: str = "") -> StartResult:
        """Stop and start one component; of the candidate if there is one, else of the live revision."""
        ...

    async def signal(self, component: str, pid: int, signal_number: int) -> None:
        """Send a signal to a process of a component; StateError when the pid is not its."""
        ...

    def logs(
        self, component: str, *, revision: str = "", since: datetime | None = None, limit: int = 500
    ) -> list[dict[str, JsonValue]]:
        """The last log lines of a component, oldest first."""
        ...

    def log_files(self, component: str, revision: str) -> tuple[Path, ...]:
        """The files these lines are in."""
        ...

    def rehearsal(self, name: str) -> AbstractAsyncContextManager[str]:
        """A front door of its own to a candidate, built as the people's; gives its base address."""
        ...

    def door(self, revision: str = "") -> str:
        """The base address of a revision's web component; without a revision, of the front door."""
        ...

    async def run(self, command: Command, revision: str) -> CommandResult:
        """Run an operator command in a revision's environment."""
        ...

    async def down(self) -> None:
        """Stop everything; the data stay."""
        ...

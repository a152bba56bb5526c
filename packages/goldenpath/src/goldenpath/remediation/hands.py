"""What a fix needs of a deploy target: the few operations that an action may use, and none that deletes."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from pydantic import Field

from goldenpath.facts import Record


class Started(Protocol):
    """Whether a component became ready."""

    @property
    def ready(self) -> bool:
        """Whether it did."""
        ...

    @property
    def statement(self) -> str:
        """What it said if it did not."""
        ...


class Ran(Protocol):
    """What an operator command did."""

    @property
    def exit_code(self) -> int:
        """Zero when it did what it should."""
        ...

    @property
    def stderr(self) -> str:
        """What it complained of."""
        ...


class Prepared(Protocol):
    """A revision, as far as a fix must know it."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def environment(self) -> str:
        """The environment it belongs to."""
        ...


class Copied(Protocol):
    """A copy of code."""

    @property
    def folder(self) -> str:
        """Where it is."""
        ...

    @property
    def digest(self) -> str:
        """Names what it contains."""
        ...


class Status(Protocol):
    """One process, as far as a fix must know it."""

    @property
    def component(self) -> str:
        """Whose process it is."""
        ...

    @property
    def revision(self) -> str:
        """Of which revision; empty for what every revision shares."""
        ...

    @property
    def state(self) -> str:
        """`starting`, `running`, `frozen`, `exited` or `missing`."""
        ...


class Hands(Protocol):
    """A deploy target, as far as a fix may use it."""

    def environ(self, name: str) -> dict[str, str]:
        """The variables of a revision, filled in."""
        ...

    def last_good(self) -> Prepared | None:
        """The revision that was proven last."""
        ...

    def live(self) -> Prepared | None:
        """The revision with the traffic."""
        ...

    def revision(self, name: str) -> Prepared:
        """One revision."""
        ...

    async def prepare(self, changes: Mapping[str, str | None], *, based_on: str = "") -> Prepared:
        """Write a revision down; nothing runs."""
        ...

    async def with_files(self, name: str, files: tuple[str, ...], source: str) -> Copied:
        """A copy of a revision's code in which these files are those of another revision."""
        ...

    async def processes(self) -> Iterable[Status]:
        """Every process that should be there."""
        ...

    async def restart(self, component: str, *, revision: str = "") -> Started:
        """Stop and start one component."""
        ...

    async def signal(self, component: str, pid: int, signal_number: int) -> None:
        """Send a signal to a process of a component."""
        ...

    async def run(self, command: tuple[str, ...], revision: str) -> Ran:
        """Run an operator command in a revision's environment."""
        ...

    async def roll_back(self, reason: str) -> Prepared:
        """Give the traffic back to the last good revision."""
        ...


class Applied(Record):
    """What applying a fix did."""

    acted: bool
    """False: a precondition did not hold any more, or the action did not take."""
    statement: str
    changes: dict[str, str | None] = Field(default_factory=dict[str, str | None])
    """Variables of the next revision, which the caller deploys; None removes one. They may hold secrets."""
    code: str = ""
    """The folder with the code of the next revision, which the caller deploys; empty for the same code."""
    roll_back: bool = False
    """Whether the traffic went back to the last good revision."""

"""What a drill may inject, as frozen records."""

from typing import Annotated, Literal

from pydantic import Field

from goldenpath.drills.control_groups import LimitGroup
from goldenpath.drills.hop_modes import HopMode
from goldenpath.drills.inject_code import ChangeCode
from goldenpath.drills.net.faults import (
    ChangeName,
    ChangeResolvers,
    ChangeRoute,
    CutLink,
    FilterPackets,
    LimitConnections,
)
from goldenpath.facts import Record
from goldenpath.manifest.names import Command


class UnsetVariable(Record):
    """The revision to deploy lacks a variable."""

    type: Literal["unset_variable"] = "unset_variable"
    variable: str


class ChangeVariable(Record):
    """The revision to deploy has another value: a new one, or the good one with something added."""

    type: Literal["change_variable"] = "change_variable"
    variable: str
    value: str | None = None
    """`{port:COMPONENT}` is filled in, `{port}` is one on which nobody listens."""
    prefix: str = ""
    suffix: str = ""


class Redeploy(Record):
    """The good variables are deployed again as a new revision."""

    type: Literal["redeploy"] = "redeploy"


class HopBetween(Record):
    """A hop on the way to a component: of the revision to deploy, or of what is live."""

    type: Literal["hop"] = "hop"
    component: str
    mode: HopMode
    live: bool = False
    """The drills' good revision leads through a hop already; now it behaves so. Taken back after the drill."""
    for_s: float | None = Field(default=None, gt=0)
    """The hop recovers by itself after so long."""


class RunProgram(Record):
    """A program runs beside the system until the drill ends; `{port}`, `{file:NAME}` and `{project}` are filled in."""

    type: Literal["program"] = "program"
    run: Command
    files: dict[str, str] = Field(default_factory=dict[str, str])
    """Files that it reads, by name."""
    variables: dict[str, str] = Field(default_factory=dict[str, str])
    """Of its environment, beside those of the good revision."""
    changes: dict[str, str] = Field(default_factory=dict[str, str])
    """What the revision to deploy has otherwise, to use it."""
    behind: str = ""
    """The live hop of this component leads to it instead."""
    listens: bool = True
    """Go on once it listens on `{port}`."""


class Signal(Record):
    """Processes of a component get a signal; one that was stopped goes on after the drill."""

    type: Literal["signal"] = "signal"
    component: str
    signal: Literal["STOP", "CONT", "KILL", "TERM"]


class RestartComponent(Record):
    """A component is stopped and started."""

    type: Literal["restart"] = "restart"
    component: str
    after: bool = False
    """Not now but after the drill, to take back what only a start takes back."""


class LimitProcess(Record):
    """The processes of a component get a lower limit, until the drill ends."""

    type: Literal["limit_process"] = "limit_process"
    component: str
    resource: Literal["open_files", "file_size"]
    value: int = Field(ge=0)
    """`file_size` is in bytes."""


class FillDisk(Record):
    """The data of a component is moved to a small disk of its own, and everything else there is filled.

    What it writes on that disk is gone after the drill: the data is again as it was before.
    """

    type: Literal["fill_disk"] = "fill_disk"
    component: str
    left: int = Field(default=0, ge=0)
    """Bytes that stay free."""


class BreakDisk(Record):
    """The data of a component is moved to a disk of its own, whose file system meets an error: it can only be read.

    What it writes on that disk is gone after the drill, as with a full one.
    """

    type: Literal["break_disk"] = "break_disk"
    component: str


class Statements(Record):
    """An operator's statements in a datastore, and those that take them back after the drill.

    `{variable:NAME}` in them is filled in from the good revision.
    """

    type: Literal["statements"] = "statements"
    component: str
    run: tuple[str, ...]
    undo: tuple[str, ...] = ()


class Sessions(Record):
    """So many sessions are logged in at a datastore and do nothing, until the drill ends."""

    type: Literal["sessions"] = "sessions"
    component: str
    count: int = Field(ge=1)
    begin: str = ""
    """A statement that each begins with and does not end, such as a lock in a transaction."""


class Ask(Record):
    """People ask a question right after the fault, and keep waiting for the answer."""

    type: Literal["ask"] = "ask"
    journey: str
    people: int = Field(default=1, ge=1)
    wait: bool = False
    """Go on with the drill only when all are answered."""


class Wait(Record):
    """Time passes."""

    type: Literal["wait"] = "wait"
    seconds: float = Field(gt=0, le=60)


Act = (
    Redeploy
    | Signal
    | RestartComponent
    | LimitProcess
    | LimitGroup
    | FillDisk
    | BreakDisk
    | Statements
    | Sessions
    | Ask
    | Wait
)
"""What changes nothing about the revision to deploy."""
Injection = Annotated[
    UnsetVariable
    | ChangeVariable
    | ChangeCode
    | HopBetween
    | RunProgram
    | Act
    | FilterPackets
    | LimitConnections
    | ChangeRoute
    | CutLink
    | ChangeResolvers
    | ChangeName,
    Field(discriminator="type"),
]


def deploys(injection: Injection) -> bool:
    """Whether the fault comes with a revision that is about to be deployed; the others hit what runs."""
    match injection:
        case UnsetVariable() | ChangeVariable() | ChangeCode() | Redeploy():
            return True
        case HopBetween():
            return not injection.live
        case RunProgram():
            return bool(injection.changes)
        case _:
            return False


def live_hop(injection: Injection) -> str:
    """The component to which the good revision has to lead through a hop; empty when it need not."""
    match injection:
        case HopBetween():
            return injection.component if injection.live else ""
        case RunProgram():
            return injection.behind
        case _:
            return ""

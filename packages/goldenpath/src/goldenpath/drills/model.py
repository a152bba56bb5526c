"""What a drill file may say, as frozen records."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from goldenpath.facts import FixResult, Record


class UnsetVariable(Record):
    """The revision to deploy lacks a variable."""

    type: Literal["unset_variable"] = "unset_variable"
    variable: str


class ChangeVariable(Record):
    """The revision to deploy has another value: a new one, or the good one with something added."""

    type: Literal["change_variable"] = "change_variable"
    variable: str
    value: str = ""
    prefix: str = ""
    suffix: str = ""


class SlowHop(Record):
    """The revision to deploy reaches a component through a hop that lets each new connection wait."""

    type: Literal["slow_hop"] = "slow_hop"
    component: str
    delay_s: float = Field(gt=0)


class Freeze(Record):
    """A process of the live revision is stopped (SIGSTOP)."""

    type: Literal["freeze"] = "freeze"
    component: str


class Kill(Record):
    """A process of the live revision is killed (SIGKILL)."""

    type: Literal["kill"] = "kill"
    component: str


class Ask(Record):
    """Someone asks a question right after the fault, and keeps waiting for the answer."""

    type: Literal["ask"] = "ask"
    journey: str


Injection = Annotated[
    UnsetVariable | ChangeVariable | SlowHop | Freeze | Kill | Ask,
    Field(discriminator="type"),
]
REVISION = (UnsetVariable, ChangeVariable, SlowHop)
"""Injections into a revision that is about to be deployed; the others hit what runs."""


class Expected(Record):
    """What the loop must say."""

    cause: str
    component: str
    refuted: tuple[str, ...] = ()
    """Causes that must stand in the chain as refuted rivals: the decoys."""


class Drill(Record):
    """One drill file."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,60}$")]
    title: str
    kind: Literal["fault", "control"]
    inject: tuple[Injection, ...] = ()
    expect: Expected | None = None
    """None for a control: no cause may be named and nothing may change."""


class DrillResult(Record):
    """What one drill showed."""

    id: str
    title: str
    kind: Literal["fault", "control"]
    expected: str
    """`component:cause`, empty for a control."""
    named: tuple[str, ...]
    """`component:cause` in the loop's order."""
    rank: int | None
    """Place of the expected cause, from 1; None when it was not named."""
    abstained: bool
    """Symptoms stood and no cause was named."""
    detected_s: float | None
    """Seconds from the start of the loop to the first symptom."""
    cause_s: float | None
    """Seconds from the first symptom to the named cause."""
    fixed: bool
    """The loop ended green."""
    undone: int
    """Fixes that did not verify and were taken back."""
    decoys_refuted: bool
    ask: JsonValue = None
    """How the question that was asked during the fault ended."""
    fixes: tuple[tuple[str, FixResult], ...] = ()
    passed: bool
    reason: str
    loop: str
    seconds: float


class Summary(Record):
    """The scoreboard's totals."""

    drills: int
    passed: int
    faults: int
    right_first: int
    right_in_three: int
    abstained: int
    wrong: int
    """A cause was named and the expected one was not among them."""
    controls: int
    false_alarms: int
    fixed: int
    undone: int
    chance: float
    """Share of right answers of a guess among all causes and components that have been expected here."""
    cause_s_max: float | None

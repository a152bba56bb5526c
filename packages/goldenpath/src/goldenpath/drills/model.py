"""What a drill file may say and what a drill showed, as frozen records."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from goldenpath.drills.injections import Injection
from goldenpath.facts import FixResult, Record, Verdict

Kind = Literal["fault", "control"]


class Expected(Record):
    """What the loop must say and do."""

    cause: str
    component: str
    refuted: tuple[str, ...] = ()
    """Causes that must stand in the chain as refuted rivals: the decoys."""
    also: tuple[str, ...] = ()
    """Other faults of the same drill as `component:cause`; each must be named, too."""
    blamed: tuple[str, ...] = ()
    """Files of the code that a search must name as the change."""
    repaired: bool = True
    """Whether the loop may mend it and must end green; else it must name the cause, change nothing and stop."""


class Drill(Record):
    """One drill file; its folder is its group."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,60}$")]
    group: str = ""
    title: str
    kind: Kind
    needs: tuple[str, ...] = ()
    """What the machine must be able to do; without it the drill is not run, and says so."""
    watch: bool = False
    """Whether a revision is watched after its promotion, as the manifest says: for faults that only traffic shows."""
    evidence: str = ""
    """A bundle beside the file: what once happened, from which the cause must be named again. Nothing is injected."""
    inject: tuple[Injection, ...] = ()
    expect: Expected | None = None
    """None for a control: no cause may be named and nothing may change."""
    suite: str = ""
    """The suite that proves a revision in this drill; empty for the manifest's."""
    ends: Verdict = "pass"
    """How the loop over a control must end."""
    says: str = ""
    """A text that its reason must hold."""
    back: dict[str, str] = Field(default_factory=dict[str, str])
    """Variables of a revision between the drill's and the good one, for a change that may not be taken back at once."""


class DrillResult(Record):
    """What one drill showed."""

    id: str
    group: str = ""
    title: str
    kind: Kind
    not_run: str = ""
    """Why this machine cannot run it; then it counts nowhere else."""
    expected: str
    """`component:cause`, empty for a control."""
    repairable: bool = False
    """Whether the loop was expected to mend it."""
    named: tuple[str, ...] = ()
    """`component:cause` in the loop's order."""
    rank: int | None = None
    """Place of the expected cause, from 1; None when it was not named."""
    abstained: bool = False
    """Symptoms stood and no cause was named."""
    naive: str = ""
    """The component that somebody would blame who takes the first that fails."""
    detected_s: float | None = None
    """Seconds from the start of the loop to the first symptom."""
    cause_s: float | None = None
    """Seconds from the first symptom to the named cause."""
    fixed: bool = False
    """The loop ended green."""
    undone: int = 0
    """Fixes that did not verify and were taken back."""
    decoys_refuted: bool = False
    ask: JsonValue = None
    """How the questions that were asked during the fault ended."""
    fixes: tuple[tuple[str, FixResult], ...] = ()
    passed: bool
    reason: str
    loop: str = ""
    seconds: float = 0.0


class Summary(Record):
    """The scoreboard's totals."""

    drills: int
    """Those that were run."""
    not_run: int
    passed: int
    faults: int
    right_first: int
    right_in_three: int
    abstained: int
    wrong: int
    """A cause was named and the expected one was not among them."""
    controls: int
    false_alarms: int
    repairable: int
    """Faults that the loop may mend."""
    fixed: int
    """Of those, how many it mended unattended."""
    undone: int
    chance: float
    """Share of right answers of a guess among all causes and components that have been expected here."""
    naive: int
    """Faults at the component that fails first: what a naive reader gets right, without a word on the cause."""
    detected_s: float | None
    """Median time to the first symptom."""
    cause_s: float | None
    """Median time from the symptom to the cause."""
    cause_s_max: float | None

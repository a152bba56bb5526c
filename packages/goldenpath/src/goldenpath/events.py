"""The tagged union of everything the loop can say; the journal stores it, every view is a fold of it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from goldenpath.facts import (
    ComponentStatus,
    Control,
    Diagnosis,
    Finding,
    Fix,
    FixResult,
    Observation,
    ObservationId,
    Record,
    SuiteCounts,
    TestResult,
    Verdict,
)


class _Event(Record):
    seq: int = 0
    """Gapless from 1 within the journal; given when it is written."""
    at: datetime
    cycle: int = 0


class LoopStarted(_Event):
    """A loop begins, or goes on after an interruption."""

    type: Literal["loop_started"] = "loop_started"
    loop_id: str
    system: str
    environment: str
    target: str
    resumed: bool = False
    journeys: dict[str, str]
    """Business value by journey."""
    edges: tuple[tuple[str, str], ...]
    max_cycles: int
    max_seconds: float


class CycleStarted(_Event):
    """One pass: deploy, check, gate, test."""

    type: Literal["cycle_started"] = "cycle_started"
    reason: str


class RevisionPrepared(_Event):
    """A revision exists on paper: variables and fingerprint, nothing runs."""

    type: Literal["revision_prepared"] = "revision_prepared"
    revision: str
    fingerprint: str
    based_on: str
    changes: tuple[str, ...]
    """What differs from the last good revision, in words, secrets removed."""


class Observed(_Event):
    """Facts were measured."""

    type: Literal["observed"] = "observed"
    observations: tuple[Observation, ...]


class Checked(_Event):
    """A group of checks is done."""

    type: Literal["checked"] = "checked"
    stage: Literal["before_deploy", "candidate", "live"]
    verdict: Verdict
    findings: tuple[Finding, ...]
    components: tuple[ComponentStatus, ...] = ()
    seconds: float


class CandidateStarted(_Event):
    """A revision runs without traffic."""

    type: Literal["candidate_started"] = "candidate_started"
    revision: str
    door: str
    seconds: float


class Gated(_Event):
    """The gate has spoken about a candidate."""

    type: Literal["gated"] = "gated"
    revision: str
    verdict: Verdict
    statement: str
    findings: tuple[Finding, ...]
    seconds: float


class Promoted(_Event):
    """A revision takes the traffic."""

    type: Literal["promoted"] = "promoted"
    revision: str
    previous: str


class Watched(_Event):
    """A revision had the traffic for a while, and what it showed is held against the last good one."""

    type: Literal["watched"] = "watched"
    revision: str
    against: str
    """The revision it is compared with; empty when none had the traffic just before."""
    verdict: Verdict
    statement: str
    findings: tuple[Finding, ...]
    requests: int
    rounds: int
    """How often the synthetic journeys went well."""
    seconds: float


class RolledBack(_Event):
    """Traffic goes back, or a candidate is withdrawn."""

    type: Literal["rolled_back"] = "rolled_back"
    revision: str
    to: str
    reason: str


class TestFinished(_Event):
    """One test ended."""

    __test__ = False

    type: Literal["test_finished"] = "test_finished"
    result: TestResult


class SuiteFinished(_Event):
    """A test run ended."""

    type: Literal["suite_finished"] = "suite_finished"
    revision: str
    verdict: Verdict
    counts: SuiteCounts
    controls: tuple[Control, ...] = ()
    seconds: float


class Diagnosed(_Event):
    """An investigation ended."""

    type: Literal["diagnosed"] = "diagnosed"
    diagnosis: Diagnosis
    considered: tuple[ObservationId, ...] = ()
    """Every observation it was drawn from: with them it can be drawn again."""
    seconds: float


TriedLevel = Literal["end", "revision", "commit", "piece", "patch"]
"""What a tried version is a point of; `end`: the bad or the good code itself; `patch`: the bad code with a patch."""
TriedOutcome = Literal["good", "bad", "skip"]
"""`skip`: it fails otherwise or cannot be tried, and says nothing."""


class Tried(_Event):
    """One version of the code was tried in the search for the change that made a revision bad."""

    type: Literal["tried"] = "tried"
    revision: str
    """The bad one."""
    level: TriedLevel
    point: str
    outcome: TriedOutcome
    statement: str
    seconds: float


class Searched(_Event):
    """The search for the change that made a revision bad ended."""

    type: Literal["searched"] = "searched"
    revision: str
    verdict: Verdict
    """`fail`: the change is found; `not_proven`: it is not, or it is one of several."""
    statement: str
    files: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()
    tries: int
    seconds: float


class Proposed(_Event):
    """Something is laid down for people to review and adopt; nothing of it was applied."""

    type: Literal["proposed"] = "proposed"
    kind: Literal["patch", "drill"]
    verdict: Verdict
    """Whether what it promises was shown."""
    statement: str
    path: str
    """From the project's folder."""
    command: str
    """Adopts it."""
    text: str = ""
    """The diff, for review."""


class FixPlanned(_Event):
    """A fix is chosen."""

    type: Literal["fix_planned"] = "fix_planned"
    fix: Fix


class FixFinished(_Event):
    """A fix was applied and judged, undone, or refused."""

    type: Literal["fix_finished"] = "fix_finished"
    fix: Fix
    result: FixResult
    statement: str
    seconds: float


class LoopFinished(_Event):
    """The loop ends."""

    type: Literal["loop_finished"] = "loop_finished"
    verdict: Verdict
    reason: str
    revision: str
    seconds: float


LoopEvent = Annotated[
    LoopStarted
    | CycleStarted
    | RevisionPrepared
    | Observed
    | Checked
    | CandidateStarted
    | Gated
    | Promoted
    | Watched
    | RolledBack
    | TestFinished
    | SuiteFinished
    | Diagnosed
    | Tried
    | Searched
    | Proposed
    | FixPlanned
    | FixFinished
    | LoopFinished,
    Field(discriminator="type"),
]

LOOP_EVENTS: TypeAdapter[LoopEvent] = TypeAdapter(LoopEvent)
"""Reads and writes one event of the journal."""

"""What a worklog shows, as frozen records computed once; every renderer reads these and nothing else."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from goldenpath.facts import (
    Cause,
    ComponentStatus,
    Control,
    Finding,
    Fix,
    FixResult,
    Observation,
    Record,
    Rival,
    SuiteCounts,
    Symptom,
    TestResult,
    Verdict,
)


class Step(Record):
    """One line of what happened."""

    at_s: float
    """Seconds since the loop began."""
    title: str
    verdict: Verdict
    text: str = ""


class FixOutcome(Record):
    """What became of one fix."""

    fix: Fix
    result: FixResult
    statement: str
    seconds: float


class Proposal(Record):
    """Something laid down for people to review and adopt."""

    kind: Literal["patch", "drill"]
    verdict: Verdict
    """Whether what it promises was shown."""
    statement: str
    path: str
    command: str
    text: str = ""


class Cycle(Record):
    """One pass of the loop."""

    number: int
    reason: str
    revision: str = ""
    changes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    causes: tuple[Cause, ...] = ()
    open_rivals: tuple[Rival, ...] = ()
    missing_evidence: tuple[str, ...] = ()
    diagnosis_verdict: Verdict | None = None
    fixes: tuple[FixOutcome, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    first_symptom_s: float | None = None
    cause_s: float | None = None


class JourneyValue(Record):
    """One journey, what it is worth, and whether this loop proved it."""

    journey: str
    value: str
    verdict: Verdict
    text: str


class Worklog(Record):
    """The whole account of one loop."""

    loop_id: str
    system: str
    environment: str
    target: str
    started: datetime
    seconds: float
    verdict: Verdict
    reason: str
    revision: str = ""
    resumed: int = 0
    cycles: tuple[Cycle, ...] = ()
    components: tuple[ComponentStatus, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()
    counts: SuiteCounts | None = None
    tests: tuple[TestResult, ...] = ()
    controls: tuple[Control, ...] = ()
    tests_seconds: float = 0.0
    journeys: tuple[JourneyValue, ...] = ()
    not_proven: tuple[str, ...] = ()
    observations: dict[str, Observation] = Field(default_factory=dict)
    events: int = 0

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Every cause named, in order, once each."""
        seen: dict[tuple[str, str], Cause] = {}
        for cycle in self.cycles:
            for cause in cycle.causes:
                seen.setdefault((cause.id, cause.component), cause)
        return tuple(seen.values())

    @property
    def fixes(self) -> tuple[FixOutcome, ...]:
        """Every fix tried, in order."""
        return tuple(outcome for cycle in self.cycles for outcome in cycle.fixes)

    @property
    def proposals(self) -> tuple[Proposal, ...]:
        """Everything laid down for review, in order."""
        return tuple(proposal for cycle in self.cycles for proposal in cycle.proposals)

"""What commands print with `--output json` where it is not simply a record of the product."""

from typing import Literal, NotRequired
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from typing_extensions import TypedDict

from goldenpath.drills.model import DrillResult, Summary
from goldenpath.facts import (
    Confidence,
    Diagnosis,
    Finding,
    FixResult,
    Link,
    Observation,
    Permission,
    SuiteCounts,
    Verdict,
)
from netra.agents.builtin.numbers import Number
from netra.events.union import Event
from netra.settings.model import Environment
from netra.settings.rules import Violation

Health = Literal["healthy", "degraded", "unhealthy", "unknown"]
WHOLE = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Shape(BaseModel):
    """One JSON object with exactly these keys."""

    model_config = WHOLE


class ComponentTimes(TypedDict):
    """How a component is, and the slowest milliseconds of each phase over the edges to it."""

    __pydantic_config__ = WHOLE  # type: ignore[misc] - how pydantic configures a TypedDict

    status: Health
    text: NotRequired[str]
    """Why it is not healthy; `check` only."""
    dns_ms: NotRequired[float]
    tcp_ms: NotRequired[float]
    tls_ms: NotRequired[float]
    first_byte_ms: NotRequired[float]
    auth_ms: NotRequired[float]
    query_ms: NotRequired[float]
    health_ms: NotRequired[float]


class Controlled(Shape):
    """One negative control."""

    target: Literal["dead", "impostor"]
    executed: int
    red: int
    verdict: Verdict


class NamedCause(Shape):
    """One cause with its chain of whys."""

    id: str
    """See causes.md."""
    component: str
    statement: str
    confidence: Confidence
    mechanism: str
    missing_control: str
    chain: tuple[Link, ...]


class TriedFix(Shape):
    """One action of a fix and what became of it."""

    action: str
    component: str
    result: FixResult
    statement: str


class AtRisk(Shape):
    """One journey."""

    verdict: Verdict
    value: str
    """What is lost while it fails."""


class Proposed(Shape):
    """Something laid down for review, and never applied by the loop."""

    kind: Literal["patch", "drill"]
    verdict: Verdict
    statement: str
    path: str
    command: str
    """Adopts it."""


class LoopResult(Shape):
    """`goldenpath loop`."""

    verdict: Verdict
    reason: str
    loop: str
    cycles: int
    revision: str
    """The live one; empty for none."""
    tests: SuiteCounts | None
    """Null when no test was run."""
    controls: tuple[Controlled, ...]
    components: dict[str, ComponentTimes]
    causes: tuple[NamedCause, ...]
    fixes: tuple[TriedFix, ...]
    proposals: tuple[Proposed, ...]
    value_at_risk: dict[str, AtRisk]
    """By journey."""
    not_proven: tuple[str, ...]
    worklog: str
    """Path of the Markdown file, relative to the project."""
    seconds: float


class CheckResult(Shape):
    """`goldenpath check`."""

    verdict: Verdict
    revision: str
    """The one that was checked; empty when nothing is deployed."""
    findings: tuple[Finding, ...]
    components: dict[str, ComponentTimes]
    observations: tuple[Observation, ...]
    seconds: float


class WhyResult(Diagnosis):
    """`goldenpath why`: the diagnosis, and the observations it cites."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    revision: str
    observations: tuple[Observation, ...]
    """Those that a symptom, a link or a refutation cites."""
    seconds: float | None
    """Null when it was drawn from a recorded bundle."""


class PlannedFix(Shape):
    """One action of a fix."""

    id: str
    cause: str
    component: str
    action: str
    target: str
    """What it acts on, never a value."""
    permission: Permission
    result: FixResult
    expected: str
    """What must be observed afterwards for the fix to count."""
    statement: str


class FixReport(Shape):
    """`goldenpath fix`."""

    verdict: Verdict
    revision: str
    fixes: tuple[PlannedFix, ...]
    without: tuple[str, ...]
    """Causes for which there is no fix that the loop could make."""
    loop: str
    """The loop that applied the fixes; empty when they were only planned."""
    seconds: float


class DrillReport(Shape):
    """`goldenpath drill run`."""

    verdict: Verdict
    drills: tuple[DrillResult, ...]
    summary: Summary
    seconds: float


class Drafted(Shape):
    """`goldenpath init`."""

    written: tuple[str, ...]
    front: str
    """The component with the front door; empty when none was found."""
    remarks: tuple[str, ...]
    """What a person has to look at."""
    problems: tuple[str, ...]
    """What is wrong with the manifest that was written, each with its line."""


class CodeChange(TypedDict):
    """One file."""

    __pydantic_config__ = WHOLE  # type: ignore[misc] - how pydantic configures a TypedDict

    path: str
    rules: tuple[str, ...]
    diff: str
    refused: str
    """Why it is not written; empty when it may be."""


class CodeFixed(Shape):
    """`goldenpath fix code`."""

    verdict: Verdict
    applied: bool
    files: tuple[CodeChange, ...]
    statement: str
    """Why what was written was taken back; empty otherwise."""


class Ended(Shape):
    """`goldenpath down`."""

    verdict: Verdict
    environment: str
    processes: int
    """How many were ended."""
    purged: bool


class Adopted(Shape):
    """`goldenpath drill adopt`."""

    verdict: Verdict
    drill: str
    path: str
    reason: str


class ConfigCheck(Shape):
    """`netra config check`."""

    verdict: Literal["pass", "fail"]
    environment: Environment
    violations: tuple[Violation, ...]


class Asked(TypedDict):
    """`netra ask`."""

    __pydantic_config__ = WHOLE  # type: ignore[misc] - how pydantic configures a TypedDict

    status: Literal["completed", "failed", "cancelled", "waiting"]
    """`waiting`: the run asks for an approval, in the last of its events."""
    answer: str
    """Markdown; empty unless completed."""
    numbers: tuple[Number, ...]
    """Every figure of the answer with the tool call it came from."""
    reason: NotRequired[str]
    """Why the run failed, machine-readable; with `message` and `component`, only when it failed."""
    message: NotRequired[str]
    component: NotRequired[str]
    run_id: UUID
    thread_id: UUID
    seconds: float
    events: tuple[Event, ...]


class Refused(Shape):
    """An expected failure of goldenpath."""

    code: str
    where: str
    message: str
    hint: str


class ErrorResult(Shape):
    """Any goldenpath command that could not do its work."""

    error: Refused

"""What the loop knows and concludes, as frozen records; pure, no I/O.

A verdict has three values: silence, a skip and missing data are `not_proven`, never `pass`. A link of a chain of
whys cannot be built without the ids of the observations that support it.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Verdict = Literal["pass", "fail", "not_proven"]
EXIT_OF: dict[Verdict, int] = {"pass": 0, "fail": 1, "not_proven": 3}
"""The exit code of each verdict; 2 is a wrong call."""
Permission = Literal["auto", "ask", "never"]
Confidence = Literal["proven", "likely", "possible"]
ObservationId = str
ObservationIds = Annotated[tuple[ObservationId, ...], Field(min_length=1)]


class Record(BaseModel):
    """The base of every fact: frozen, and without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Observation(Record):
    """One raw measured fact."""

    id: ObservationId
    """Unique within one loop, such as `o17`."""
    at: datetime
    probe: str
    """Who measured: `env`, `edge`, `process`, `log`, `health`, `journey`, `test`, `schema`, `revision`."""
    subject: str
    """A component `web`, an edge `web->postgres`, a journey `journey:chat`, a test id."""
    revision: str = ""
    since: datetime | None = None
    """When the state began that it speaks of, where its source says so; `at` is when it was looked at."""
    name: str
    """What was measured, from the vocabulary of `docs/reference/observations.md`, such as `tcp.ms`."""
    value: JsonValue
    unit: str = ""
    text: str = ""
    """The raw evidence in words, secrets removed."""
    repeat: str = ""
    """The command that measures it again."""


class Finding(Record):
    """What one check says of one subject."""

    check: str
    subject: str
    verdict: Verdict
    statement: str
    observations: tuple[ObservationId, ...] = ()
    required: bool = True
    """Whether it blocks; the finding of an optional part is shown and does not."""


class Symptom(Record):
    """What was seen to be wrong, before any explanation."""

    id: str
    subject: str
    statement: str
    observations: ObservationIds
    journeys: tuple[str, ...] = ()


class Rival(Record):
    """Another explanation of the same symptom, and what refuted it; not refuted means still open."""

    cause: str
    component: str
    statement: str
    refuted_by: tuple[ObservationId, ...] = ()
    reason: str = ""
    """What refuted it; of an open one, why it stands where it stands."""
    score: float = 0.0
    """Of an open one, from 0 to 1: how well it fits what is known. An order of looking, never a probability."""
    explains: tuple[str, ...] = ()
    """Ids of the symptoms that it could explain and that nothing explains so far."""
    decided_by: tuple[str, ...] = ()
    """The measurements that would confirm or refute it, the cheapest first."""


class Link(Record):
    """One "why": a question, its answer, the evidence for it and the rival answers."""

    question: str
    answer: str
    observations: ObservationIds
    rivals: tuple[Rival, ...] = ()


class Cause(Record):
    """A change of state that explains symptoms; an absent safeguard is `missing_control`, never the cause."""

    id: str
    """The catalogue's id, such as `variable_missing`."""
    component: str
    statement: str
    confidence: Confidence
    chain: Annotated[tuple[Link, ...], Field(min_length=1)]
    mechanism: str
    missing_control: str = ""
    explains: tuple[str, ...]
    """Ids of symptoms."""
    detail: dict[str, JsonValue] = {}
    """What a fix needs: the variable, the component, the pid, the last good value's revision."""


class Claim(Record):
    """A cause that somebody gave, judged by the same rules as every hypothesis."""

    statement: str
    cause: str
    """The catalogue's id; what the catalogue does not have names no change of state."""
    component: str
    verdict: Literal["named", "open", "refuted", "no_state"]
    reason: str
    observations: tuple[ObservationId, ...] = ()


class Risk(Record):
    """One journey with a symptom on it, and what is lost while it fails."""

    journey: str
    value: str
    """In its owner's words."""
    owner: str
    felt: bool
    """Whether it was seen to fail; else a symptom can only reach it."""
    symptoms: Annotated[tuple[str, ...], Field(min_length=1)]
    causes: tuple[str, ...] = ()
    """`component:cause` of those that explain one of its symptoms; none while the cause is not proven."""


class Diagnosis(Record):
    """The outcome of one investigation."""

    verdict: Verdict
    """`pass`: nothing to explain. `fail`: causes are named. `not_proven`: symptoms stay unexplained."""
    symptoms: tuple[Symptom, ...] = ()
    causes: tuple[Cause, ...] = ()
    open_rivals: tuple[Rival, ...] = ()
    """What could explain the symptoms that no cause explains, the likeliest first."""
    refuted: tuple[Rival, ...] = ()
    """What could have explained them and is ruled out, with what rules it out."""
    missing_evidence: tuple[str, ...] = ()
    """Which measurements would decide between the open ones, the most telling first."""
    claims: tuple[Claim, ...] = ()
    at_risk: tuple[Risk, ...] = ()


class SetVariable(Record):
    """Give a variable a value in a new revision; a secret travels by reference to the revision that holds it."""

    type: Literal["set_variable"] = "set_variable"
    variable: str
    value: str


class RestoreVariable(Record):
    """Take a variable's value from the last good revision (or its default of the manifest) into a new revision."""

    type: Literal["restore_variable"] = "restore_variable"
    variable: str
    from_revision: str


class StripVariable(Record):
    """Remove white space around a variable's value in a new revision."""

    type: Literal["strip_variable"] = "strip_variable"
    variable: str


class Restart(Record):
    """Stop and start one component."""

    type: Literal["restart"] = "restart"
    component: str


class ContinueProcess(Record):
    """Send SIGCONT to a stopped process of a component."""

    type: Literal["continue_process"] = "continue_process"
    component: str
    pid: int


class RunMigrations(Record):
    """Run the system's forward migrations."""

    type: Literal["run_migrations"] = "run_migrations"
    command: tuple[str, ...] = ()
    """The manifest's `migrate` command."""


class RunRepair(Record):
    """Run a repair that the manifest declares for this cause: its command, its look and its inverse."""

    type: Literal["run_repair"] = "run_repair"
    name: str


class RevertCode(Record):
    """Take files of the code back to what the last good revision carries, in a new revision."""

    type: Literal["revert_code"] = "revert_code"
    files: Annotated[tuple[str, ...], Field(min_length=1)]
    from_revision: str


class RollBack(Record):
    """Give the traffic back to the last good revision."""

    type: Literal["roll_back"] = "roll_back"
    to_revision: str


Action = Annotated[
    SetVariable
    | RestoreVariable
    | StripVariable
    | Restart
    | ContinueProcess
    | RunMigrations
    | RunRepair
    | RevertCode
    | RollBack,
    Field(discriminator="type"),
]
FixResult = Literal["verified", "undone", "failed", "refused", "needs_permission", "planned"]


class Fix(Record):
    """A plan against one cause: steps in order, each with an inverse."""

    id: str
    cause: str
    component: str
    actions: Annotated[tuple[Action, ...], Field(min_length=1)]
    permission: Permission
    expected: str
    """What must be observed afterwards for the fix to count."""
    fingerprint: str
    """Equal for the same cause, component and actions: the same twice without a change in between stops the loop."""


class Proof(Record):
    """One reason to believe that a test was real, or why it is missing."""

    kind: Literal["nonce_in_log", "nonce_in_rows", "revision", "fingerprint", "not_skipped", "sockets"]
    verdict: Verdict
    text: str


class TestResult(Record):
    """One executed (or not executed) test with its proofs."""

    __test__ = False

    id: str
    """pytest node id."""
    title: str
    outcome: Literal["passed", "failed", "error", "flaky", "skipped", "not_run"]
    """`flaky`: red at first and green when it was run again, with nothing changed in between."""
    priority: int
    journey: str
    category: str
    nonce: str
    proofs: tuple[Proof, ...] = ()
    seconds: float = 0.0
    message: str = ""
    """Why it failed, secrets removed; empty when it passed."""
    runs: int = 1
    """How often it was run: a red test is run again, to see whether it is flaky."""
    red: int = 0
    """How many of those runs were red, where it is flaky."""

    @property
    def proven(self) -> bool:
        """Whether it passed and every proof holds."""
        return self.outcome == "passed" and bool(self.proofs) and all(p.verdict == "pass" for p in self.proofs)


class SuiteCounts(Record):
    """The bookkeeping of one test run."""

    available: int
    selected: int
    executed: int
    passed: int
    failed: int
    skipped: int
    proven: int


class Control(Record):
    """A negative control: the same suite against a target that must make it red."""

    target: Literal["dead", "impostor"]
    executed: int
    red: int
    green: tuple[str, ...] = ()
    """Ids of tests that stayed green and therefore prove nothing."""

    @property
    def verdict(self) -> Verdict:
        """Pass when every executed test was red."""
        if not self.executed:
            return "not_proven"
        return "pass" if self.red == self.executed else "fail"


class SuiteResult(Record):
    """One whole test run."""

    verdict: Verdict
    counts: SuiteCounts
    results: tuple[TestResult, ...]
    controls: tuple[Control, ...] = ()
    seconds: float


class ComponentStatus(Record):
    """How one component is, as of one check."""

    component: str
    status: Literal["healthy", "degraded", "unhealthy", "unknown"]
    revision: str = ""
    pid: int | None = None
    ms: dict[str, float] = {}
    """Milliseconds by phase: dns, tcp, tls, first_byte, auth, query."""
    text: str = ""

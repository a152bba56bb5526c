"""What a loop is asked to do and how one cycle ended: the records between the steps of the engine."""

from pydantic import Field

from goldenpath.deploy.target import Code
from goldenpath.facts import Fix, Observation, Record, Verdict


class LoopOptions(Record):
    """What the caller of a loop decides."""

    changes: dict[str, str | None] = Field(default_factory=dict)
    """Variables of the first revision that differ from the manifest; None removes one."""
    code: Code | None = None
    """The code of the first revision; None for the project's as it is now."""
    live_first: bool = False
    """Judge the live revision before deploying a new one."""
    max_cycles: int = Field(default=5, ge=1)
    max_seconds: float = Field(default=900.0, gt=0)
    suite: str = ""
    """Which suite of the manifest; empty for its first."""
    controls: bool = True
    """Run the negative controls: the same tests against a dead target and an impostor."""
    watch: bool = True
    """Whether a promoted revision is watched, as the manifest says, before it counts as good."""
    repair: bool = True
    """Whether fixes are applied, or only planned."""


class CyclePlan(Record):
    """What the next cycle does."""

    reason: str
    deploy: bool = True
    """False: judge the live revision as it is."""
    settle: bool = False
    """Something that is live was mended just now: give it time to recover before it is judged."""
    changes: dict[str, str | None] = Field(default_factory=dict)
    based_on: str = ""
    """A revision whose variables the changes apply to; empty for the manifest's."""
    code: Code | None = None
    """The code of the revision; None for that of `based_on`, or of the project as it is now."""


class Trouble(Record):
    """A step did not pass: where, and what is known so far."""

    stage: str
    revision: str
    statement: str
    observations: tuple[Observation, ...] = ()
    verdict: Verdict = "fail"
    """`not_proven` when nothing was seen to be wrong, and not everything to be right."""


class Green(Record):
    """Everything passed."""

    statement: str


class Stop(Record):
    """The loop cannot or may not go on."""

    verdict: Verdict
    reason: str


class OpenFix(Record):
    """A fix that was applied and waits for the next cycle to judge it."""

    fix: Fix
    statement: str
    begun: float
    """Monotonic seconds."""

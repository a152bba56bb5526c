"""Events of a loop that failed once and was repaired, for tests of what is folded from a journal."""

from datetime import UTC, datetime, timedelta

from goldenpath.events import (
    CandidateStarted,
    Checked,
    CycleStarted,
    Diagnosed,
    FixFinished,
    FixPlanned,
    Gated,
    LoopEvent,
    LoopFinished,
    LoopStarted,
    Observed,
    Promoted,
    RevisionPrepared,
    RolledBack,
    SuiteFinished,
    TestFinished,
)
from goldenpath.facts import (
    Cause,
    ComponentStatus,
    Control,
    Diagnosis,
    Finding,
    Fix,
    Link,
    Observation,
    Proof,
    RestoreVariable,
    Rival,
    SuiteCounts,
    Symptom,
    TestResult,
)

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


OBSERVATION = Observation(
    id="o1",
    at=at(1),
    probe="env",
    subject="revision",
    revision="r2",
    name="env.violation",
    value={"variable": "DB_HOST", "rule": "missing", "message": "required | and not set"},
)
LINK = Link(
    question="Why is r2 blocked?",
    answer="DB_HOST is not set in r2 and was set in r1.",
    observations=("o1",),
    rivals=(
        Rival(cause="process_dead", component="db", statement="db is dead", refuted_by=("o1",), reason="it answers"),
    ),
)
CAUSE = Cause(
    id="variable_missing",
    component="web",
    statement="DB_HOST is missing in r2 <b>",
    confidence="proven",
    chain=(LINK,),
    mechanism="web cannot know where its database is",
    missing_control="nobody compared the variables",
    explains=("s1",),
)
FIX = Fix(
    id="f1",
    cause="variable_missing",
    component="web",
    actions=(RestoreVariable(variable="DB_HOST", from_revision="r1"),),
    permission="auto",
    expected="DB_HOST is set",
    fingerprint="abc",
)


def result(name: str, *, proven: bool = True, outcome: str = "passed") -> TestResult:
    proof = Proof(kind="nonce_in_log", verdict="pass" if proven else "not_proven", text="found")
    return TestResult.model_validate(
        {
            "id": name,
            "title": name,
            "outcome": outcome,
            "priority": 1,
            "journey": "chat",
            "category": "runs",
            "nonce": "n",
            "proofs": [proof],
            "seconds": 0.5,
        }
    )


def repaired_loop() -> list[LoopEvent]:
    """Two cycles: the first blocked before deploy, the second green."""
    counts = SuiteCounts(available=2, selected=2, executed=2, passed=2, failed=0, skipped=0, proven=2)
    events: list[LoopEvent] = [
        LoopStarted(
            at=at(0),
            loop_id="l1",
            system="shop",
            environment="local",
            target="local",
            journeys={"chat": "everything"},
            edges=(("web", "db"), ("worker", "db")),
            max_cycles=5,
            max_seconds=900,
        ),
        CycleStarted(at=at(0.1), cycle=1, reason="deploy a new revision"),
        RevisionPrepared(
            at=at(0.5), cycle=1, revision="r2", fingerprint="f2", based_on="", changes=("DB_HOST removed",)
        ),
        Observed(at=at(1), cycle=1, observations=(OBSERVATION,)),
        Checked(
            at=at(1.2),
            cycle=1,
            stage="before_deploy",
            verdict="fail",
            findings=(Finding(check="env", subject="revision", verdict="fail", statement="DB_HOST is not set"),),
            seconds=0.2,
        ),
        Diagnosed(
            at=at(1.5),
            cycle=1,
            diagnosis=Diagnosis(
                verdict="fail",
                symptoms=(
                    Symptom(id="s1", subject="revision", statement="blocked", observations=("o1",), journeys=("chat",)),
                ),
                causes=(CAUSE,),
            ),
            seconds=0.3,
        ),
        FixPlanned(at=at(1.6), cycle=1, fix=FIX),
        RolledBack(at=at(1.7), cycle=1, revision="r2", to="r1", reason="blocked"),
        CycleStarted(at=at(1.8), cycle=2, reason="verify the fix"),
        RevisionPrepared(at=at(2), cycle=2, revision="r3", fingerprint="f1", based_on="r2", changes=()),
        CandidateStarted(at=at(3), cycle=2, revision="r3", door="http://127.0.0.1:1", seconds=1),
        Checked(
            at=at(4),
            cycle=2,
            stage="candidate",
            verdict="pass",
            findings=(),
            components=(
                ComponentStatus(component="web", status="healthy", ms={"tcp": 0.4}),
                ComponentStatus(component="db", status="healthy"),
            ),
            seconds=0.4,
        ),
        Gated(at=at(5), cycle=2, revision="r3", verdict="pass", statement="a lawful run", findings=(), seconds=1),
        Promoted(at=at(6), cycle=2, revision="r3", previous="r1"),
        TestFinished(at=at(7), cycle=2, result=result("a")),
        TestFinished(at=at(8), cycle=2, result=result("b")),
        SuiteFinished(
            at=at(9),
            cycle=2,
            revision="r3",
            verdict="pass",
            counts=counts,
            controls=(Control(target="dead", executed=2, red=2),),
            seconds=3,
        ),
        FixFinished(at=at(9.5), cycle=2, fix=FIX, result="verified", statement="green", seconds=8),
        LoopFinished(at=at(10), cycle=2, verdict="pass", reason="2 of 2 proven", revision="r3", seconds=10),
    ]
    return [event.model_copy(update={"seq": n}) for n, event in enumerate(events, start=1)]

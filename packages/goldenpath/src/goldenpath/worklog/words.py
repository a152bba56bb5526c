"""What each event of the loop says to people, in one line; shared by the terminal and the worklog."""

from typing import assert_never

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
    Proposed,
    RevisionPrepared,
    RolledBack,
    Searched,
    SuiteFinished,
    TestFinished,
    Tried,
    TriedLevel,
    TriedOutcome,
    Watched,
)
from goldenpath.facts import (
    Action,
    ContinueProcess,
    FixResult,
    Record,
    Restart,
    RestoreVariable,
    RevertCode,
    RollBack,
    RunMigrations,
    RunRepair,
    SetVariable,
    StripVariable,
    Verdict,
)

STAGES = {
    "before_deploy": "Check before deploy",
    "candidate": "Check the candidate",
    "live": "Check the live system",
}
LEVELS: dict[TriedLevel, str] = {
    "end": "Tried the code of",
    "revision": "Tried the code of",
    "commit": "Tried commit",
    "piece": "Tried the change up to",
    "patch": "Tried the patch of",
}
OUTCOMES: dict[TriedOutcome, Verdict] = {"good": "pass", "bad": "fail", "skip": "not_proven"}
CONTROLS = {"dead": "a dead target", "impostor": "an impostor"}
FIX_VERDICTS: dict[FixResult, Verdict] = {
    "verified": "pass",
    "undone": "fail",
    "failed": "fail",
    "refused": "not_proven",
    "needs_permission": "not_proven",
    "planned": "not_proven",
}


class Said(Record):
    """One line about one event."""

    title: str
    verdict: Verdict
    text: str = ""


def step_of(event: LoopEvent) -> Said | None:
    """What this event says; None for those that only carry facts."""
    match event:
        case LoopStarted() | Observed() | TestFinished() | CycleStarted() | LoopFinished() | FixPlanned():
            return None
        case RevisionPrepared():
            changed = f"; {', '.join(event.changes)}" if event.changes else "; nothing changed"
            return Said(
                title=f"Revision {event.revision}", verdict="pass", text=f"configuration {event.fingerprint}{changed}"
            )
        case Checked():
            return _checked(event)
        case CandidateStarted():
            text = f"without traffic at {event.door}, ready after {event.seconds:.1f} s"
            return Said(title=f"Candidate {event.revision} runs", verdict="pass", text=text)
        case Gated():
            return Said(title="Gate", verdict=event.verdict, text=event.statement)
        case Promoted():
            return Said(
                title=f"Revision {event.revision} takes the traffic", verdict="pass", text=_previous(event.previous)
            )
        case Watched():
            return Said(title="Watch", verdict=event.verdict, text=_watched(event))
        case RolledBack():
            served = f"; {event.to} has the traffic" if event.to else ""
            return Said(title=f"Revision {event.revision} withdrawn", verdict="fail", text=event.reason + served)
        case SuiteFinished():
            return _suite(event)
        case Diagnosed():
            return _diagnosed(event)
        case Tried():
            return Said(
                title=f"{LEVELS[event.level]} {event.point}", verdict=OUTCOMES[event.outcome], text=event.statement
            )
        case Searched():
            tries = f"{event.tries} {'try' if event.tries == 1 else 'tries'}, {event.seconds:.1f} s"
            return Said(title="Search for the change", verdict=event.verdict, text=f"{event.statement} ({tries})")
        case Proposed():
            return Said(title=f"Proposed {event.kind}", verdict=event.verdict, text=f"{event.path}: {event.statement}")
        case FixFinished():
            title = f"Fix: {'; '.join(action_words(a) for a in event.fix.actions)}"
            return Said(title=title, verdict=FIX_VERDICTS[event.result], text=f"{event.result}: {event.statement}")
        case _:
            assert_never(event)


def action_words(action: Action) -> str:
    """What an action does, in words; never a value that could be a secret."""
    match action:
        case SetVariable():
            return f"set {action.variable}"
        case RestoreVariable():
            return f"restore {action.variable} from {action.from_revision or 'the manifest'}"
        case StripVariable():
            return f"strip the white space around {action.variable}"
        case Restart():
            return f"restart {action.component}"
        case ContinueProcess():
            return f"continue process {action.pid} of {action.component}"
        case RunMigrations():
            return "run the migrations"
        case RunRepair():
            return f"run the repair {action.name}"
        case RevertCode():
            return f"take {', '.join(action.files)} back to {action.from_revision}"
        case RollBack():
            return f"roll back to {action.to_revision}"
        case _:
            assert_never(action)


def _checked(event: Checked) -> Said:
    # What blocks comes first; what does not is said beside it only where nothing blocks.
    blocking = [f for f in event.findings if f.verdict != "pass" and f.required]
    wrong = blocking or [f for f in event.findings if f.verdict != "pass"]
    passed = f"{_counted(len(event.findings))} passed in {event.seconds:.2f} s"
    text = "; ".join(f.statement for f in wrong[:3]) or passed
    more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""  # noqa: PLR2004 - as many as were said
    return Said(title=STAGES[event.stage], verdict=event.verdict, text=text + more)


def _watched(event: Watched) -> str:
    beside = f", held against {event.against}" if event.against else ", with nothing to hold it against"
    return f"{event.statement} ({event.seconds:.1f} s{beside})"


def _counted(checks: int) -> str:
    return "1 check" if checks == 1 else f"{checks} checks"


def _suite(event: SuiteFinished) -> Said:
    c = event.counts
    text = f"{c.passed} of {c.executed} passed, {c.proven} proven; {c.available} available, {c.selected} selected"
    for control in event.controls:
        text += f"; {control.red} of {control.executed} red against {CONTROLS[control.target]}"
    return Said(title="Tests", verdict=event.verdict, text=f"{text} ({event.seconds:.1f} s)")


def _diagnosed(event: Diagnosed) -> Said:
    found = event.diagnosis
    if found.causes:
        text = "; ".join(f"{c.component}: {c.statement}" for c in found.causes)
        return Said(title="Cause named", verdict="fail", text=text)
    if found.verdict == "pass":
        return Said(title="Diagnosis", verdict="pass", text="no symptom, nothing to explain")
    text = f"{len(found.symptoms)} symptoms, the cause is not proven"
    return Said(title="Diagnosis", verdict="not_proven", text=text)


def _previous(previous: str) -> str:
    return f"{previous} is drained and stopped" if previous else "it is the first one"

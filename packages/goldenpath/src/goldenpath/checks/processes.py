"""Every process that should run; pure."""

from collections.abc import Sequence

from goldenpath.checks.seen import Seen
from goldenpath.facts import Finding, Observation, Verdict
from goldenpath.manifest.model import System

CHECK = "process"
_WORDS = {
    "frozen": "is stopped by a signal",
    "exited": "has ended",
    "missing": "is not there",
    "starting": "is still starting",
}


def check_processes(system: System, observations: Sequence[Observation]) -> tuple[Finding, ...]:
    """A finding for each process; one that is still starting, or was not looked at, is not proven."""
    seen = Seen(observations)
    subjects = seen.subjects("process")
    known = {component_of(subject) for subject in subjects}
    missing = [name for name, spec in system.components.items() if spec.run and name not in known]
    return (
        *(_judged(system, seen, subject) for subject in subjects if component_of(subject) in system.components),
        *(_unknown(system, name) for name in missing),
    )


def component_of(subject: str) -> str:
    """The component of a process; replicas are `COMPONENT#REPLICA`."""
    return subject.partition("#")[0]


def _judged(system: System, seen: Seen, subject: str) -> Finding:
    about = [o for o in seen.of(subject) if o.probe == "process"]
    state = str(seen.value(subject, "process.state"))
    return Finding(
        check=CHECK,
        subject=subject,
        verdict=_verdict(state, seen.value(subject, "process.listening") is not False),
        statement=_statement(seen, subject, state),
        observations=tuple(o.id for o in about),
        required=system.components[component_of(subject)].required,
    )


def _verdict(state: str, listening: bool) -> Verdict:
    if state == "starting":
        return "not_proven"
    return "pass" if state == "running" and listening else "fail"


def _statement(seen: Seen, subject: str, state: str) -> str:
    pid = seen.value(subject, "process.pid")
    if state == "running":
        silent = seen.value(subject, "process.listening") is False
        return f"pid {pid} runs" + (", and nothing listens on its port" if silent else "")
    code = seen.value(subject, "process.exit_code")
    ended = f" with exit code {code}" if code is not None else ""
    start = seen.get(subject, "startup.failed")
    cause = f"; its log says: {start.value}" if start and state in {"exited", "missing"} else ""
    return f"{_WORDS.get(state, state)}{ended}{cause}"


def _unknown(system: System, name: str) -> Finding:
    required = system.components[name].required
    statement = "no process of it is known"
    return Finding(check=CHECK, subject=name, verdict="not_proven", statement=statement, required=required)

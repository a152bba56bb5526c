"""The machine-readable result of a loop; its schema stands in `docs/reference/results.md`."""

from pydantic import JsonValue

from goldenpath.facts import Cause, ComponentStatus
from goldenpath.worklog.model import Worklog


def summary(worklog: Worklog, path: str) -> dict[str, JsonValue]:
    """The JSON object that `goldenpath loop --output json` prints last; `path` is the worklog file."""
    return {
        "verdict": worklog.verdict,
        "reason": worklog.reason,
        "loop": worklog.loop_id,
        "cycles": len(worklog.cycles),
        "revision": worklog.revision,
        "tests": worklog.counts.model_dump(mode="json") if worklog.counts else None,
        "controls": [
            {"target": c.target, "executed": c.executed, "red": c.red, "verdict": c.verdict} for c in worklog.controls
        ],
        "components": {status.component: component(status) for status in worklog.components},
        "causes": [cause_summary(cause) for cause in worklog.causes],
        "fixes": [
            {"action": a.type, "component": f.fix.component, "result": f.result, "statement": f.statement}
            for f in worklog.fixes
            for a in f.fix.actions
        ],
        "proposals": [p.model_dump(mode="json", exclude={"text"}) for p in worklog.proposals],
        "value_at_risk": {j.journey: {"verdict": j.verdict, "value": j.value} for j in worklog.journeys},
        "not_proven": list(worklog.not_proven),
        "worklog": path,
        "seconds": round(worklog.seconds, 2),
    }


def component(status: ComponentStatus) -> dict[str, JsonValue]:
    """One component: its status and the milliseconds of each phase."""
    return {"status": status.status, **{f"{phase}_ms": round(ms, 2) for phase, ms in status.ms.items()}}


def cause_summary(cause: Cause) -> dict[str, JsonValue]:
    """One cause with its chain of whys."""
    return {
        "id": cause.id,
        "component": cause.component,
        "statement": cause.statement,
        "confidence": cause.confidence,
        "mechanism": cause.mechanism,
        "missing_control": cause.missing_control,
        "chain": [link.model_dump(mode="json") for link in cause.chain],
    }

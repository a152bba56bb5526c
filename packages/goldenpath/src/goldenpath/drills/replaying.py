"""Drills that inject nothing: the evidence of what once happened, from which the same cause must be named again."""

from pathlib import Path

from goldenpath.diagnosis.bundle import parse
from goldenpath.diagnosis.engine import diagnose
from goldenpath.drills.model import Drill, DrillResult
from goldenpath.drills.score import expected, misnamed
from goldenpath.errors import ManifestError
from goldenpath.facts import Diagnosis


def replay(drill: Drill, folder: Path) -> DrillResult:
    """Draw the diagnosis again from the bundle that the drill names; no system is asked."""
    path = folder / drill.evidence
    if not path.is_file():
        raise ManifestError(f"there is no bundle {drill.evidence}", where=drill.id, hint="put it beside the drill")
    bundle = parse(path.read_text(encoding="utf-8"), drill.evidence)
    return judged(drill, diagnose(bundle.system, bundle.observations))


def judged(drill: Drill, found: Diagnosis) -> DrillResult:
    """What a drill of recorded evidence shows; pure."""
    named = tuple(f"{c.component}:{c.id}" for c in found.causes)
    true = expected(drill)
    wrong = misnamed(drill, found.causes)
    return DrillResult(
        id=drill.id,
        group=drill.group,
        title=drill.title,
        kind=drill.kind,
        expected=true,
        named=named,
        rank=named.index(true) + 1 if true in named else None,
        abstained=not named and bool(found.symptoms),
        decoys_refuted=not wrong,
        passed=not wrong,
        reason=wrong or "the recorded evidence gives the same cause",
    )

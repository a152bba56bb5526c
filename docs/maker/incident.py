"""`examples/seed-incident/worklog.md`: what the engine says today of one recorded night."""

from pathlib import Path

from goldenpath.diagnosis.bundle import parse
from goldenpath.diagnosis.engine import diagnose
from goldenpath.diagnosis.evidence import Evidence
from goldenpath.worklog.diagnosis import page

BUNDLE = Path(__file__).resolve().parents[2] / "examples/seed-incident/bundle.json"


def made() -> str:
    """The page, as `goldenpath why --from bundle.json --worklog worklog.md` writes it."""
    bundle = parse(BUNDLE.read_text(encoding="utf-8"), BUNDLE.name)
    revision = Evidence(bundle.system, bundle.observations).revision
    diagnosis = diagnose(bundle.system, bundle.observations)
    return page(bundle.system.system.name, revision, diagnosis, bundle.observations)

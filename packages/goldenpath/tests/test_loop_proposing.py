"""What a loop lays down for review: a drill that the loader reads and the engine answers, and an adopted one."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from small_system import write_project

from goldenpath.cli.main import root
from goldenpath.cli.options import open_context
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.diagnosis.bundle import parse
from goldenpath.diagnosis.engine import diagnose
from goldenpath.drills.files import load, read
from goldenpath.events import Proposed
from goldenpath.facts import Observation
from goldenpath.loop.journal import Journal
from goldenpath.loop.journal import read as read_journal
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.proposing import Proposing, drill_text
from goldenpath.loop.scene import Scene
from goldenpath.probes.record import Recorder

BUNDLES = Path(__file__).parent / "bundles"
RECORDED = sorted(path for path in BUNDLES.rglob("*.json") if path.parent.name != "control")


@pytest.mark.parametrize("path", RECORDED[::4], ids=lambda path: path.stem)
def test_the_drill_of_any_diagnosis_is_read_by_the_loader_and_answered_by_the_engine(
    path: Path, tmp_path: Path
) -> None:
    bundle = parse(path.read_text(encoding="utf-8"), path.name)
    found = diagnose(bundle.system, bundle.observations)
    (tmp_path / "made.toml").write_text(drill_text("made", found), encoding="utf-8")
    drill = read(tmp_path / "made.toml", tmp_path)
    assert drill.expect is not None
    first = found.causes[0]
    assert (drill.expect.component, drill.expect.cause) == (first.component, first.id)
    assert len(drill.expect.also) == len(found.causes) - 1
    assert drill.evidence == "made.json"


def written(project: Path, bundle_path: Path) -> Path:
    """The drill that a loop's proposal for this evidence is; its file."""
    context = open_context(project, "")
    bundle = parse(bundle_path.read_text(encoding="utf-8"), bundle_path.name)
    told = context.model_copy(update={"system": bundle.system, "environment": next(iter(bundle.system.environments))})
    scene = Scene(told, LocalTarget(context.system, project, context.environment), Recorder("o"))
    journal = Journal.create(project / ".goldenpath" / "local" / "loops" / "l1" / "journal.jsonl")
    proposing = Proposing(scene, Narrator(journal, cycle=1), journal.path.parent)
    found = diagnose(bundle.system, bundle.observations)
    observations: tuple[Observation, ...] = bundle.observations
    proposing.drill(found, observations)
    proposing.drill(found, observations)
    journal.close()
    (event,) = read_journal(journal.path)
    assert isinstance(event, Proposed)
    assert event.command == f"goldenpath drill adopt {event.path}"
    return project / event.path


def adopt(project: Path, file: Path) -> Result:
    return CliRunner().invoke(root, ["drill", "adopt", str(file), "--project", str(project), "--output", "json"])


def test_a_proposed_drill_is_adopted_once_and_run_without_a_system(tmp_path: Path) -> None:
    write_project(tmp_path)
    file = written(tmp_path, BUNDLES / "release" / "bad-import.json")
    assert adopt(tmp_path, file).exit_code == 0
    assert [(drill.group, drill.kind) for drill in load(tmp_path / "drills")] == [("recorded", "fault")]
    again = adopt(tmp_path, file)
    assert (again.exit_code, "adopted already" in str(again.exception)) == (1, True)
    done = CliRunner().invoke(root, ["drill", "run", "--all", "--project", str(tmp_path), "--output", "json"])
    result = json.loads(done.stdout.splitlines()[-1])
    assert (done.exit_code, result["summary"]["right_first"]) == (0, 1)


def test_a_drill_from_which_another_cause_is_named_is_not_adopted(tmp_path: Path) -> None:
    write_project(tmp_path)
    file = written(tmp_path, BUNDLES / "release" / "bad-import.json")
    file.write_text(file.read_text(encoding="utf-8").replace("code_broken", "process_dead"), encoding="utf-8")
    refused = adopt(tmp_path, file)
    assert (refused.exit_code, json.loads(refused.stdout)["verdict"]) == (1, "fail")
    assert not (tmp_path / "drills").exists()

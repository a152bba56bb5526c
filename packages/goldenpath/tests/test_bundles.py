"""Every drill's evidence, recorded where it ran: the same cause is named again, its decoys refuted, nothing else."""

import re
from pathlib import Path

import pytest

from goldenpath.diagnosis.bundle import Bundle, parse
from goldenpath.diagnosis.engine import diagnose
from goldenpath.diagnosis.evidence import field
from goldenpath.drills.files import load
from goldenpath.drills.model import Drill

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(__file__).parent / "bundles"
FOLDERS = re.compile(r"/(home|root|tmp|work|Users)/")
DRILLS = {drill.id: drill for drill in load(ROOT / "drills")}
RECORDED = {path.stem: path for path in sorted(FOLDER.rglob("*.json"))}
WITHOUT = {
    name for name, drill in DRILLS.items() if drill.needs or (drill.expect is not None and len(drill.expect.also) > 0)
}
"""Drills that may have no bundle: a machine may lack what they need; several causes come to light one by one."""
UNSAVED = {"loading": False, "last_save": "err", "last_write": "ok", "unsaved": 197}
"""What a Redis says of itself whose last save failed."""
SAVES = ("redis-held-up-by-one-client", "end-not-delivered", "redis-way-slow", "postgres-search-path", "socket-path")
"""Drills in which Redis was asked how it saves."""


def bundle_of(name: str) -> Bundle:
    return parse(RECORDED[name].read_text(encoding="utf-8"), RECORDED[name].name)


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_the_recorded_evidence_gives_the_true_cause(name: str) -> None:
    drill, bundle = DRILLS[name], bundle_of(name)
    found = diagnose(bundle.system, bundle.observations)
    named = [f"{cause.component}:{cause.id}" for cause in found.causes]
    if drill.expect is None:
        assert (found.verdict, named) == ("pass", [])
        return
    true = f"{drill.expect.component}:{drill.expect.cause}"
    assert named[:1] == [true]
    assert set(named) <= {true, *drill.expect.also}
    refuted = {r.cause for c in found.causes for link in c.chain for r in link.rivals if r.refuted_by}
    assert set(drill.expect.refuted) <= refuted
    if drill.expect.blamed:
        assert found.causes[0].detail.get("blamed") == [*drill.expect.blamed]
    seen = {o.id for o in bundle.observations}
    assert all(set(link.observations) <= seen for cause in found.causes for link in cause.chain)


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_no_secret_and_no_path_of_a_machine_is_in_a_bundle(name: str) -> None:
    text = RECORDED[name].read_text(encoding="utf-8")
    assert not FOLDERS.search(text)
    for observation in bundle_of(name).observations:
        if observation.name == "env.changed" and field(observation, "secret"):
            assert (field(observation, "before"), field(observation, "after")) == (None, None)


@pytest.mark.parametrize("name", SAVES)
def test_a_save_that_failed_is_not_blamed_while_every_command_is_taken(name: str) -> None:
    """Redis remembers a failed save until the next one; told to go on without, it refuses nothing."""
    bundle = bundle_of(name)
    told = [
        o.model_copy(update={"value": UNSAVED}) if o.name == "server.persistence" else o for o in bundle.observations
    ]
    assert UNSAVED in [o.value for o in told]
    before, after = diagnose(bundle.system, bundle.observations), diagnose(bundle.system, told)
    assert [c.id for c in after.causes] == [c.id for c in before.causes]


def test_every_drill_has_its_evidence_and_every_evidence_its_drill() -> None:
    assert sorted(set(DRILLS) - set(RECORDED) - WITHOUT) == []
    assert sorted(set(RECORDED) - set(DRILLS)) == []


def test_a_drill_lies_in_its_group_as_its_evidence_does() -> None:
    groups: dict[str, Drill] = {name: drill for name, drill in DRILLS.items() if name in RECORDED}
    assert {n: d.group for n, d in groups.items()} == {n: RECORDED[n].parent.name for n in groups}

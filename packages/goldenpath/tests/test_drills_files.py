"""Drill files as a whole: enough of them, each in its group, and the live selection covers all that can be injected."""

from collections import Counter
from pathlib import Path

from drill_selection import LIVE
from pydantic import TypeAdapter

from goldenpath.diagnosis.catalogue.index import RULES
from goldenpath.drills.files import chosen, load
from goldenpath.drills.injections import Injection

DRILLS = load(Path(__file__).resolve().parents[3] / "drills")
FAULTS, CONTROLS = 60, 8
GROUPS = {"config", "process", "network", "datastore", "llm", "events", "release", "control"}


def test_there_are_enough_drills_and_controls_in_every_group() -> None:
    kinds = Counter(drill.kind for drill in DRILLS)
    assert kinds["fault"] >= FAULTS
    assert kinds["control"] >= CONTROLS
    assert {drill.group for drill in DRILLS} >= GROUPS


def test_every_expected_cause_and_decoy_is_in_the_catalogue() -> None:
    expected = [drill.expect for drill in DRILLS if drill.expect]
    named = {e.cause for e in expected} | {r for e in expected for r in e.refuted}
    named |= {other.split(":")[1] for e in expected for other in e.also}
    assert sorted(named - set(RULES)) == []


def test_the_live_selection_covers_every_group_and_every_way_to_inject_that_a_drill_uses() -> None:
    live = chosen(DRILLS, LIVE)
    assert {drill.group for drill in live} >= GROUPS
    used = {injection.type for drill in DRILLS for injection in drill.inject}
    assert sorted(used - {injection.type for drill in live for injection in drill.inject}) == []


def test_every_injection_has_its_own_tag() -> None:
    schema = TypeAdapter[Injection](Injection).json_schema()
    tags = schema["discriminator"]["mapping"]
    assert len(tags) == len(set(tags.values())) >= len({i.type for d in DRILLS for i in d.inject})

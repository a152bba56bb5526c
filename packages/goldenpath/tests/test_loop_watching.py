"""A revision that has the traffic is watched; one that ends under it gives the traffic back and is never proven."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from small_system import write_project

from goldenpath.cli.options import open_context
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.events import RolledBack, Watched
from goldenpath.loop.journal import Journal, read
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.plan import LoopOptions
from goldenpath.loop.scene import Scene
from goldenpath.loop.taking_back import take_back
from goldenpath.loop.watching import WATCH, Watching
from goldenpath.manifest.watch import WatchSpec
from goldenpath.probes.record import Recorder

pytestmark = pytest.mark.slow
SPEC = WatchSpec(seconds=2.0, rate=30.0)


class Stand(NamedTuple):
    target: LocalTarget
    scene: Scene
    narrator: Narrator
    journal: Path


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    """A small system whose first revision is live and proven."""
    write_project(tmp_path)
    context = open_context(tmp_path, "")
    system = context.system.model_copy(update={"watch": SPEC})
    target = LocalTarget(system, tmp_path, context.environment, drain_s=0.2)
    await target.ensure()
    scene = Scene(context.model_copy(update={"system": system}), target, Recorder("o"))
    journal = Journal.create(tmp_path / "journal.jsonl")
    try:
        target.mark_good(await promoted(target, {}))
        yield Stand(target, scene, Narrator(journal), journal.path)
    finally:
        journal.close()
        await target.down()


async def promoted(target: LocalTarget, changes: dict[str, str | None]) -> str:
    revision = await target.prepare(changes)
    started = await target.start(revision.name)
    assert started.ready, started.statement
    await target.promote(revision.name)
    return revision.name


@pytest.mark.timeout(120)
async def test_a_revision_that_ends_under_traffic_gives_it_back(stand: Stand) -> None:
    target = stand.target
    good = target.last_good()
    assert good is not None
    watching = Watching(stand.scene, stand.narrator, LoopOptions())
    await watching.look_before()
    bad = await promoted(target, {"DIE_AFTER": "25"})
    trouble = await watching.watch(bad)
    assert trouble is not None
    assert (trouble.stage, trouble.revision) == (WATCH, bad)
    assert {o.value["exit_code"] for o in trouble.observations if o.name == "watch.ended"} == {7}  # type: ignore[index, call-overload]
    assert await take_back(stand.scene, stand.narrator, bad, trouble.statement) == good.name
    live, still = target.live(), target.last_good()
    assert live is not None
    assert still is not None
    assert (live.name, still.name, target.revision(bad).state) == (good.name, good.name, "withdrawn")
    told = read(stand.journal)
    assert [(e.verdict, e.against) for e in told if isinstance(e, Watched)] == [("fail", good.name)]
    assert [(e.revision, e.to) for e in told if isinstance(e, RolledBack)] == [(bad, good.name)]


@pytest.mark.timeout(120)
async def test_a_revision_that_is_well_passes_and_a_proven_one_is_not_watched(stand: Stand) -> None:
    watching = Watching(stand.scene, stand.narrator, LoopOptions())
    good = stand.target.last_good()
    assert good is not None
    assert await watching.watch(good.name) is None
    await watching.look_before()
    other = await promoted(stand.target, {"APP_COLOUR": "blue"})
    assert await Watching(stand.scene, stand.narrator, LoopOptions(watch=False)).watch(other) is None
    assert await watching.watch(other) is None
    watched = [e for e in read(stand.journal) if isinstance(e, Watched)]
    assert [(e.verdict, e.revision, e.against) for e in watched] == [("pass", other, good.name)]
    assert watched[0].requests > SPEC.rate

"""A loop that ended at any event goes on: a candidate is withdrawn, and what has the traffic keeps it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_events import at
from small_system import write_project

from goldenpath.cli.options import open_context
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.events import (
    CandidateStarted,
    CycleStarted,
    Gated,
    LoopEvent,
    LoopStarted,
    Promoted,
    RevisionPrepared,
    RolledBack,
)
from goldenpath.facts import Verdict
from goldenpath.loop.engine import Loop
from goldenpath.loop.journal import Journal, read
from goldenpath.loop.plan import LoopOptions
from goldenpath.loop.scene import Scene
from goldenpath.loop.state import fold
from goldenpath.probes.record import Recorder


def started(loop_id: str = "l1") -> LoopStarted:
    return LoopStarted(
        at=at(0),
        loop_id=loop_id,
        system="shop",
        environment="local",
        target="local",
        journeys={},
        edges=(),
        max_cycles=5,
        max_seconds=60,
    )


def prepared(name: str) -> RevisionPrepared:
    return RevisionPrepared(at=at(1), cycle=1, revision=name, fingerprint="f", based_on="", changes=())


def gated(name: str, verdict: Verdict = "pass") -> Gated:
    return Gated(at=at(3), cycle=1, revision=name, verdict=verdict, statement="said", findings=(), seconds=0)


def taken_back(name: str, to: str) -> RolledBack:
    return RolledBack(at=at(4), cycle=1, revision=name, to=to, reason="bad")


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[LoopEvent, str, str]]:
    """What a loop tells in any number of cycles; with each event what has the traffic and what waits, from then on."""
    told: list[tuple[LoopEvent, str, str]] = [(started(), "", "")]
    live = ""
    for number, kind in enumerate(draw(st.lists(st.sampled_from(["promoted", "withdrawn", "judged"]), max_size=6))):
        told.append((CycleStarted(at=at(1), cycle=number + 1, reason="go"), live, ""))
        name = f"r{number}"
        if kind == "judged" and live:
            told.append((gated(live), live, ""))
            continue
        candidate = CandidateStarted(at=at(2), cycle=1, revision=name, door="", seconds=0)
        told += [(prepared(name), live, name), (candidate, live, name), (gated(name), live, name)]
        if kind == "promoted":
            told.append((Promoted(at=at(4), cycle=1, revision=name, previous=live), name, ""))
            live = name
        else:
            told.append((taken_back(name, live), live, ""))
    return told


@given(histories())
def test_after_every_event_the_state_knows_what_waits_and_what_has_the_traffic(
    history: list[tuple[LoopEvent, str, str]],
) -> None:
    for length, (_, live, waiting) in enumerate(history, start=1):
        state = fold(event for event, _, _ in history[:length])
        assert (state.promoted, state.candidate) == (live, waiting)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    write_project(tmp_path)
    yield tmp_path
    context = open_context(tmp_path, "")
    asyncio.run(LocalTarget(context.system, tmp_path, context.environment).down())


@pytest.mark.parametrize("last", [gated("r1"), prepared("r1")], ids=["judged it", "promoted it and told nobody"])
def test_a_loop_that_was_killed_while_it_judged_the_live_revision_goes_on(project: Path, last: LoopEvent) -> None:
    asyncio.run(_resumed(project, last))


async def _resumed(project: Path, last: LoopEvent) -> None:
    context = open_context(project, "")
    target = LocalTarget(context.system, project, context.environment)
    await target.ensure()
    revision = await target.prepare({})
    assert (await target.start(revision.name)).ready
    await target.promote(revision.name)
    tried = await target.prepare({}, based_on=revision.name)
    assert (await target.start(tried.name)).ready
    path = project / "journal.jsonl"
    journal = Journal.create(path)
    for event in (started(), CycleStarted(at=at(1), cycle=1, reason="go"), last):
        journal.write(event)
    journal.close()
    journal = Journal.reopen(path)
    options = LoopOptions(max_cycles=2, max_seconds=60, repair=False, controls=False)
    await Loop(Scene(context, target, Recorder("o0-")), journal, options, fold(read(path))).run("l1")
    journal.close()
    reasons = [e.reason for e in read(path) if isinstance(e, CycleStarted)]
    assert reasons[1] == "go on after an interruption: judge the live revision"
    live = target.live()
    assert live is not None
    assert live.name == revision.name
    # What a search was trying when the loop ended is not left running.
    assert target.revision(tried.name).state == "withdrawn"

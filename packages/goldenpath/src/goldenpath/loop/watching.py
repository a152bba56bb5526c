"""The time after a promotion: the revision has traffic and is not yet proven, and goes back at the first sure sign."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from goldenpath.checks.verdict import verdict_of
from goldenpath.checks.watch import CHECK, Stretch, Watch, judge_watch
from goldenpath.events import Watched
from goldenpath.facts import Finding
from goldenpath.loop.baseline import LINES, facts_of, read_baseline
from goldenpath.loop.gate import judge_journeys
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.plan import LoopOptions, Trouble
from goldenpath.loop.scene import Observations, Scene
from goldenpath.probes.templates import Known, Template, mine
from goldenpath.probes.traffic import Way, send
from goldenpath.probes.vitals import Vital, vitals

WATCH = "watch"
"""The stage of a trouble that was found after the promotion: the revision goes back before anything else is done."""
LOOK_S = 0.5
"""Between two looks at the processes."""
LAST_LOOK_S = 2.0
"""After the first thing that failed: what is about to end has ended by then."""
BEFORE_S = 5.0
"""How long the last good revision is looked at, at most; half as long as the watch is enough to compare with."""
ERRORS = frozenset({"error", "critical", "fatal"})


class Rounds:
    """The synthetic journeys of one stretch: the newest look at each, and how many rounds went well."""

    def __init__(self) -> None:
        """None yet."""
        self.count = 0
        self.seen: Observations = ()
        self.findings: tuple[Finding, ...] = ()


class Watching:
    """Watches revisions of one scene that have the traffic."""

    def __init__(self, scene: Scene, narrator: Narrator, options: LoopOptions) -> None:
        """Nothing is watched if the manifest or the caller says so."""
        self._scene = scene
        self._narrator = narrator
        self._seconds = scene.system.watch.seconds if options.watch else 0.0
        self._before: Stretch | None = None

    async def look_before(self) -> None:
        """Look at the last good revision while it still has the traffic: what comes after is held against it."""
        live, good = self._scene.target.live(), self._scene.target.last_good()
        self._before = None
        if self._seconds and live is not None and good is not None and live.name == good.name:
            self._before, _ = await self._stretch(good.name, min(BEFORE_S, self._seconds / 2))

    async def watch(self, revision: str) -> Trouble | None:
        """Watch a revision that has the traffic; nothing for one that was proven already."""
        good = self._scene.target.last_good()
        if not self._seconds or (good is not None and good.name == revision):
            return None
        begun = time.monotonic()
        during, rounds = await self._stretch(revision, self._seconds)
        system = self._scene.system
        watch = Watch(door=system.doors.component, spec=system.watch, before=self._before, during=during)
        seen, findings = judge_watch(self._scene.recorder, watch)
        seen, findings = (*rounds.seen, *seen), (*_counted(rounds), *findings)
        self._narrator.observed(seen)
        verdict = verdict_of(findings)
        statement = _statement(findings, during, rounds)
        self._narrator.tell(
            Watched(
                **self._narrator.stamp,
                revision=revision,
                against=self._before.revision if self._before else "",
                verdict=verdict,
                statement=statement,
                findings=findings,
                requests=len(during.samples.requests),
                rounds=rounds.count,
                seconds=time.monotonic() - begun,
            )
        )
        if verdict == "pass":
            return None
        return Trouble(stage=WATCH, revision=revision, statement=statement, observations=seen)

    async def _stretch(self, revision: str, seconds: float) -> tuple[Stretch, Rounds]:
        """Traffic, journeys and looks side by side, until the time is over or something is surely wrong."""
        spec, target = self._scene.system.watch, self._scene.target
        way = Way(url=target.door(), rate=spec.rate, seconds=seconds, failures=spec.failures)
        stop, rounds, began = asyncio.Event(), Rounds(), datetime.now(UTC)
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(send(self._scene.recorder, self._scene.system, way, stop))
            looking = group.create_task(self._looks(revision, seconds, stop))
            group.create_task(self._walk(revision, seconds, stop, rounds))
        errors = await asyncio.to_thread(self._errors, revision, began)
        return Stretch(revision=revision, samples=sending.result(), vitals=looking.result(), errors=errors), rounds

    async def _looks(self, revision: str, seconds: float, stop: asyncio.Event) -> tuple[tuple[Vital, ...], ...]:
        """How the processes are, again and again; one that ended is enough."""
        seen: list[tuple[Vital, ...]] = []
        deadline = time.monotonic() + seconds
        while not stop.is_set() and time.monotonic() < deadline:
            seen.append(await self._look(revision))
            if _ended(seen):
                stop.set()
            await asyncio.sleep(LOOK_S)
        if stop.is_set() and not _ended(seen):
            await asyncio.sleep(LAST_LOOK_S)
        return (*seen, await self._look(revision))

    async def _look(self, revision: str) -> tuple[Vital, ...]:
        return await asyncio.to_thread(vitals, await facts_of(self._scene, revision))

    async def _walk(self, revision: str, seconds: float, stop: asyncio.Event, rounds: Rounds) -> None:
        """The synthetic journeys through the front door, one round after the other; one that fails is enough."""
        deadline, door = time.monotonic() + seconds, self._scene.target.door()
        while time.monotonic() < deadline and not stop.is_set():
            rounds.seen = await self._scene.journeys(revision, door=door)
            rounds.findings = judge_journeys(self._scene.system, rounds.seen)
            if any(finding.verdict != "pass" for finding in rounds.findings):
                stop.set()
                return
            rounds.count += bool(rounds.findings)
            await asyncio.sleep(0 if rounds.findings else LOOK_S)

    def _errors(self, revision: str, began: datetime) -> dict[str, tuple[Template, ...]]:
        """Kinds of error lines that the last good revision's logs did not have; none where nobody kept any."""
        baseline = read_baseline(self._scene)
        if not baseline.revision:
            return {}
        own = [name for name, spec in self._scene.system.components.items() if spec.lifetime == "revision"]
        return {name: self._new_errors(name, revision, began, baseline.templates.get(name, [])) for name in own}

    def _new_errors(
        self, component: str, revision: str, began: datetime, known: Sequence[Known]
    ) -> tuple[Template, ...]:
        lines = self._scene.target.logs(component, revision=revision, since=began, limit=LINES)
        return tuple(t for t in mine(lines, known).new if t.level in ERRORS)


def _ended(seen: Sequence[tuple[Vital, ...]]) -> bool:
    """Whether a process of the first look is not there, or is another one, in the newest."""
    first = {(v.component, v.replica): v.pid for v in seen[0]} if seen else {}
    return any(
        v.state in {"exited", "missing"} or first.get((v.component, v.replica), v.pid) != v.pid
        for v in (seen[-1] if seen else ())
    )


def _counted(rounds: Rounds) -> tuple[Finding, ...]:
    """What the last round of each journey showed, as a finding of the watch."""
    return tuple(
        f.model_copy(update={"check": CHECK, "statement": f"{f.statement}; {rounds.count} rounds before it went well"})
        if f.verdict != "pass"
        else f.model_copy(update={"check": CHECK, "statement": f"{rounds.count} rounds went well"})
        for f in rounds.findings
    )


def _statement(findings: Sequence[Finding], during: Stretch, rounds: Rounds) -> str:
    wrong = [f.statement for f in findings if f.verdict != "pass" and f.required]
    good = f"{len(during.samples.requests)} requests and {rounds.count} rounds of the journeys went well"
    return "; ".join(wrong) or good

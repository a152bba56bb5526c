"""Other code in a rehearsal: with the variables of a bad revision, without traffic, as far as the step that matters."""

import re

from goldenpath.checks.judge import judge
from goldenpath.deploy.target import Code
from goldenpath.facts import Finding, Record
from goldenpath.loop.access import judge_access, look_at_access
from goldenpath.loop.carried import check_schema_changes, verify_code
from goldenpath.loop.gate import judge_invariants, judge_journeys
from goldenpath.loop.investigate import look
from goldenpath.loop.scene import Observations, Scene
from goldenpath.loop.suites import run_of
from goldenpath.testing.run import run_suite
from goldenpath.testing.target import Selection

REHEARSED = "it was tried in the search for a change"
"""Why a revision of a rehearsal is withdrawn."""
_VARYING = re.compile(r"\b[0-9a-f]{8,}\b|\d+(\.\d+)?")


class Attempt(Record):
    """How one version of the code did."""

    signature: frozenset[str] = frozenset()
    """What failed, without figures; empty when everything passed."""
    statement: str
    runs: int = 1
    failed: int = 0
    """Of these runs."""
    on_paper: bool = False
    """It failed before a process of it ran: so does everything that fails alike."""


class Asked(Record):
    """How far to look, and how often."""

    runs: int = 1
    every_run: bool = False
    """Go on after a run that failed, to see how often it does."""
    on_paper: bool = False
    """Start nothing: what is looked for shows before that."""


class Sought(Record):
    """What was red besides the gate: tests of a suite, which a rehearsal runs again."""

    tests: tuple[str, ...] = ()
    suite: str = ""
    """Empty for the manifest's first."""


class Rehearsing:
    """Tries code in the place of a bad revision's."""

    def __init__(self, scene: Scene, bad: str, sought: Sought) -> None:
        """With the variables of this revision."""
        self._scene = scene
        self._bad = bad
        self._sought = sought

    async def attempt(self, code: Code, asked: Asked) -> Attempt:
        """Compile and import, then start and ask, each step only if the one before passed; nothing is left running."""
        target = self._scene.target
        revision = await target.prepare({}, based_on=self._bad, code=code)
        try:
            return await self._judged(revision.name, asked)
        finally:
            await target.withdraw(revision.name, REHEARSED)

    async def _judged(self, revision: str, asked: Asked) -> Attempt:
        seen, findings = await verify_code(self._scene, revision)
        schema = check_schema_changes(self._scene, revision)[1]
        if wrong := [*_broken(seen, findings), *_failing(schema)]:
            return _failed(wrong).model_copy(update={"on_paper": True})
        if asked.on_paper:
            return Attempt(statement="it compiles and imports" if findings else "nothing is wrong with it on paper")
        if pending := await self._pending(revision):
            return _failed([("migrations", pending)])
        started = await self._scene.target.start(revision)
        if not started.ready:
            return _failed([*self._crashes(await self._scene.startup(revision)), (started.component, "does not start")])
        if wrong := _failing(judge(self._scene.system, await look(self._scene, revision))):
            return _failed(wrong)
        return await self._asked(revision, asked)

    async def _asked(self, revision: str, asked: Asked) -> Attempt:
        """The synthetic journeys as often as wanted, and once what else the gate looks at."""
        system = self._scene.system
        seen = await look_at_access(self._scene, revision)
        wrong = _failing(judge_access(system, seen))
        failed, runs = int(bool(wrong)), int(bool(wrong))
        async with self._scene.target.rehearsal(revision) as front:
            while runs < asked.runs and (asked.every_run or not wrong):
                found = _failing(judge_journeys(system, await self._scene.journeys(revision, door=front)))
                found = found or await self._red(revision, runs)
                runs, failed = runs + 1, failed + bool(found)
                wrong = wrong or found
        wrong = wrong or _failing(judge_invariants(system, await self._scene.invariants(revision)))
        if wrong:
            return _failed(wrong).model_copy(update={"runs": max(1, runs), "failed": max(1, failed)})
        tests = f", {len(self._sought.tests)} tests with each" if self._sought.tests else ""
        words = f"{runs} synthetic runs went well" if runs > 1 else "a synthetic run went well"
        return Attempt(statement=words + tests, runs=runs)

    async def _red(self, revision: str, number: int) -> list[tuple[str, str]]:
        """Which of the tests in question are red against this revision."""
        if not self._sought.tests:
            return []
        work_dir = self._scene.project / ".goldenpath" / self._scene.environment / "rehearsals" / f"{revision}-{number}"
        chosen = Selection(ids=self._sought.tests)
        result = await run_suite(run_of(self._scene, revision, work_dir, suite=self._sought.suite, selection=chosen))
        return [(f"test {test.id}", f"{test.title}: {test.outcome}") for test in result.results if not test.proven]

    async def _pending(self, revision: str) -> str:
        """Migrations that it needs and nobody ran: a search runs none."""
        seen = await self._scene.pending(revision)
        names = next((o.value for o in seen if o.name == "schema.pending"), None)
        return f"migrations of it have not run: {names}" if names else ""

    def _crashes(self, seen: Observations) -> list[tuple[str, str]]:
        return [(o.subject, f"crashes: {o.text}") for o in seen if o.name == "log.crash" and o.revision]


def _failed(wrong: list[tuple[str, str]]) -> Attempt:
    signature = frozenset(f"{subject}: {_VARYING.sub('#', statement)}" for subject, statement in wrong)
    return Attempt(signature=signature, statement="; ".join(statement for _, statement in wrong)[:400], failed=1)


def _failing(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(f"{f.check} {f.subject}", f.statement) for f in findings if f.required and f.verdict != "pass"]


def _broken(seen: Observations, findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    """Each module that does not load by itself: another commit may have others besides."""
    each = [("code", o.text) for o in seen if o.name == "code.broken"]
    return each or _failing(findings)

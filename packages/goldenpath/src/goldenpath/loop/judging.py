"""The steps that judge a running revision: first sight, the gate, the tests."""

import time
from pathlib import Path
from typing import Literal

from goldenpath.checks.judge import judge
from goldenpath.checks.status import components
from goldenpath.events import Checked, Gated, SuiteFinished, TestFinished
from goldenpath.facts import Control, Finding, SuiteResult, TestResult, Verdict
from goldenpath.loop.access import judge_access, look_at_access
from goldenpath.loop.baseline import record_baseline
from goldenpath.loop.gate import judge_invariants, judge_journeys, worst
from goldenpath.loop.investigate import look
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.plan import Green, LoopOptions, Trouble
from goldenpath.loop.public import judge_public
from goldenpath.loop.scene import Observations, Scene
from goldenpath.loop.suites import run_of
from goldenpath.testing.again import flaky, rates, run_again
from goldenpath.testing.control import run_controls
from goldenpath.testing.run import run_suite

Stage = Literal["candidate", "live"]


class Judging:
    """Judges revisions of one scene."""

    def __init__(self, scene: Scene, narrator: Narrator, options: LoopOptions, work_dir: Path) -> None:
        """Judge with these eyes, tell it with this voice, and keep what tests leave in `work_dir`."""
        self._scene = scene
        self._narrator = narrator
        self._options = options
        self._work_dir = work_dir

    async def examine(self, revision: str, stage: Stage) -> Trouble | None:
        """Check every edge, document and process of a revision."""
        begun = time.monotonic()
        seen = await look(self._scene, revision)
        self._narrator.observed(seen)
        findings = (*judge(self._scene.system, seen), *judge_public(seen))
        verdict = worst(findings)
        self._narrator.tell(
            Checked(
                **self._narrator.stamp,
                stage=stage,
                verdict=verdict,
                findings=findings,
                components=components(self._scene.system, seen),
                seconds=time.monotonic() - begun,
            )
        )
        return _trouble(stage, revision, verdict, findings, seen)

    async def look_live(self, revision: str) -> Trouble | None:
        """Check every edge, document and process of the revision that has the traffic."""
        return await self.examine(revision, "live")

    async def gate(self, revision: str) -> Trouble | None:
        """Run every synthetic journey through a front door as people have it, and check the laws of what is left."""
        begun = time.monotonic()
        async with self._scene.target.rehearsal(revision) as front:
            seen = await self._scene.journeys(revision, door=front)
        seen += await look_at_access(self._scene, revision)
        seen += await self._scene.invariants(revision)
        self._narrator.observed(seen)
        system = self._scene.system
        findings = (*judge_journeys(system, seen), *judge_access(system, seen), *judge_invariants(system, seen))
        verdict = worst(findings)
        wrong = [f.statement for f in findings if f.verdict != "pass"]
        good = [f.statement for f in findings if f.check == "synthetic_run"]
        self._narrator.tell(
            Gated(
                **self._narrator.stamp,
                revision=revision,
                verdict=verdict,
                statement="; ".join(wrong or good),
                findings=findings,
                seconds=time.monotonic() - begun,
            )
        )
        return _trouble("gate", revision, verdict, findings, seen)

    async def test(self, revision: str) -> Green | Trouble:
        """Run the end-to-end tests, prove them real, and check the laws of what they left behind."""
        work_dir = self._work_dir / f"tests-{self._narrator.cycle}"
        run = run_of(self._scene, revision, work_dir, suite=self._options.suite)
        result = await run_again(run, await run_suite(run, on_result=self._told), on_result=self._told)
        wanted = self._options.controls and result.verdict == "pass"
        controls = await run_controls(run) if wanted else ()
        seen = await self._scene.invariants(revision)
        self._narrator.observed(seen)
        findings = judge_invariants(self._scene.system, seen)
        verdict = _together(result.verdict, controls, worst(findings) if findings else "pass")
        self._narrator.tell(
            SuiteFinished(
                **self._narrator.stamp,
                revision=revision,
                verdict=verdict,
                counts=result.counts,
                controls=controls,
                seconds=result.seconds,
            )
        )
        if verdict == "pass":
            self._scene.target.mark_good(revision)
            await record_baseline(self._scene, revision)
            return Green(statement=f"{result.counts.proven} of {result.counts.executed} tests passed and proven")
        seen += self._failures(revision, result)
        statement = _unproven(result, controls)
        is_flaky = verdict == "not_proven" and bool(flaky(result))
        found: Verdict = "not_proven" if is_flaky else "fail"
        return Trouble(stage="test", revision=revision, statement=statement, observations=seen, verdict=found)

    def _failures(self, revision: str, result: SuiteResult) -> Observations:
        """What each red test says, as observations for the diagnosis."""
        observe = self._scene.recorder.observe
        return tuple(
            observe(
                probe="test",
                subject=f"test:{test.id}",
                revision=revision,
                name="test.outcome",
                value=test.outcome,
                text=test.message[:400],
            )
            for test in result.results
            if test.outcome in {"failed", "error"}
        )

    def _told(self, result: TestResult) -> None:
        self._narrator.tell(TestFinished(**self._narrator.stamp, result=result))


def _trouble(
    stage: str, revision: str, verdict: Verdict, findings: tuple[Finding, ...], seen: Observations
) -> Trouble | None:
    if verdict == "pass":
        return None
    wrong = next((f.statement for f in findings if f.verdict != "pass" and f.required), "nothing was checked")
    return Trouble(stage=stage, revision=revision, statement=wrong, observations=seen)


def _together(tests: Verdict, controls: tuple[Control, ...], laws: Verdict) -> Verdict:
    verdicts = {tests, laws, *("pass" if c.verdict == "pass" else "not_proven" for c in controls)}
    if "fail" in verdicts:
        return "fail"
    return "not_proven" if "not_proven" in verdicts else "pass"


def _unproven(result: SuiteResult, controls: tuple[Control, ...]) -> str:
    counts = result.counts
    green = [f"{len(c.green)} tests stay green against a {c.target} target" for c in controls if c.green]
    shaky = [f"flaky: {rates(found)}"] if (found := flaky(result)) else []
    return "; ".join([f"{counts.failed} of {counts.executed} tests failed, {counts.proven} proven", *shaky, *green])

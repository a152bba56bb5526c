"""Runs one suite against one target and returns every test's outcome with its proofs."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from pydantic import Field

from goldenpath.facts import Record, SuiteResult, TestResult
from goldenpath.testing.lines import Collected, CollectFailed, Evidence, Finished, Line, Started, TestInfo
from goldenpath.testing.mocks import replacers_of, support_files
from goldenpath.testing.nonce import new_mark
from goldenpath.testing.process import PytestCall, PytestProcess
from goldenpath.testing.proofs import prove
from goldenpath.testing.redact import redacted
from goldenpath.testing.tally import UNLOADED, counts_of, verdict_of
from goldenpath.testing.target import FailFast, Selection, Session, Target, write_session
from goldenpath.testing.witness import Sources, Witness

OnResult = Callable[[TestResult], None]


class SuiteRun(Record):
    """Everything one run of a suite needs to know."""

    project: Path
    path: str
    """The suite's folder or file, relative to the project."""
    target: Target
    sources: Sources | None
    """Where nonces are found; nothing in a negative control, which proves nothing."""
    work_dir: Path
    """A folder only of this run: session file, lines, pytest's output."""
    selection: Selection = Selection()
    fail_fast: FailFast = FailFast()
    workers: int = Field(default=2, ge=0, le=16)
    """Processes that run tests; 0 runs them in pytest's own."""
    timeout_s: float = Field(default=300.0, gt=0)
    test_timeout_s: float = Field(default=60.0, gt=0)


async def run_suite(run: SuiteRun, on_result: OnResult = lambda _: None) -> SuiteResult:
    """Run the suite; `on_result` hears of each test as soon as its proofs are gathered."""
    started = time.monotonic()
    mark = new_mark()
    run.work_dir.mkdir(parents=True, mode=0o700)
    session = _session(run, mark)
    write_session(run.work_dir / "session.json", session)
    call = _call(run, session)
    process = PytestProcess(call)
    async with AsyncExitStack() as stack:
        witness = (
            await stack.enter_async_context(Witness(run.target, run.sources, mark)) if run.sources is not None else None
        )
        book = Book(run, witness, on_result)
        try:
            async with asyncio.TaskGroup() as tasks:
                async for line in process.said():
                    book.hear(line, tasks)
        finally:
            call.session.unlink(missing_ok=True)
    book.close(process)
    counts = counts_of(book.results, book.available)
    seconds = time.monotonic() - started
    return SuiteResult(verdict=verdict_of(counts, ()), counts=counts, results=tuple(book.results), seconds=seconds)


def _session(run: SuiteRun, mark: str) -> Session:
    return Session(
        target=run.target,
        mark=mark,
        project=str(run.project),
        selection=run.selection,
        fail_fast=run.fail_fast,
        lines=str(run.work_dir / "lines.jsonl"),
    )


PLUGINS = ("goldenpath", "asyncio", "xdist", "timeout")
"""All that is loaded, besides what the suite's own pytest configuration names: nothing else may change a test."""


def _call(run: SuiteRun, session: Session) -> PytestCall:
    plugins = [word for name in PLUGINS for word in ("-p", name)]
    stop = {"first": ["--maxfail=1"], "threshold": [f"--maxfail={run.fail_fast.threshold}"]}
    options = ["-q", "--no-header", "--tb=native", "--color=no", "--continue-on-collection-errors"]
    parallel = ["-n", str(run.workers), "--dist=worksteal", f"--timeout={run.test_timeout_s}"]
    return PytestCall(
        project=run.project,
        arguments=(run.path, *plugins, *options, *parallel, *stop.get(run.fail_fast.mode, [])),
        session=run.work_dir / "session.json",
        lines=Path(session.lines),
        output=run.work_dir / "pytest.txt",
        seconds=run.timeout_s,
    )


class Book:
    """Keeps the books of one run: what was selected, began, and ended."""

    def __init__(self, run: SuiteRun, witness: Witness | None, on_result: OnResult) -> None:
        """Open the books."""
        self._run = run
        self._witness = witness
        self._on_result = on_result
        self._selected: dict[str, TestInfo] = {}
        self._begun: set[str] = set()
        self._ended: set[str] = set()
        path = run.project / run.path
        suite = path if path.is_dir() else path.parent
        self._shared = tuple(name for names in replacers_of(support_files(suite)).values() for name in names)
        self._unloaded: dict[str, str] = {}
        self.available = 0
        self.results: list[TestResult] = []

    def hear(self, line: Line, tasks: asyncio.TaskGroup) -> None:
        """Take one line of the plugin; proofs are gathered while the next tests run."""
        match line:
            case Collected():
                self.available = line.available
                self._selected = {test.id: test for test in line.tests}
            case CollectFailed():
                self._unloaded[line.id] = line.message
            case Started():
                self._begun.add(line.id)
            case Finished():
                self._ended.add(line.id)
                tasks.create_task(self._conclude(self._selected[line.id], line))

    async def _conclude(self, test: TestInfo, finished: Finished) -> None:
        result = _result(test, finished)
        if finished.outcome == "passed" and self._witness is not None:
            own = replacers_of([self._run.project / test.file]).get(str(self._run.project / test.file), ())
            findings = await self._witness.look(test, (*self._shared, *own))
            result = result.model_copy(update={"proofs": prove(test, finished, findings, self._run.target)})
        self._add(result)

    def close(self, process: PytestProcess) -> None:
        """Name what could not be loaded, what did not end or begin, and a pytest that could not run at all."""
        self.available += len(self._unloaded)
        for where, message in self._unloaded.items():
            self._add(_unloaded(where, message))
        for test_id in self._selected.keys() - self._ended:
            self._add(_result(self._selected[test_id], self._unfinished(test_id, process)))
        if not self.results and process.exit_code not in (0, NOTHING_COLLECTED):
            self._add(_unloaded(self._run.path, f"pytest ended with {process.exit_code}: {process.tail()}"))

    def _unfinished(self, test_id: str, process: PytestProcess) -> Finished:
        limit = f"the run was stopped after {self._run.timeout_s:g} s" if process.timed_out else "pytest ended early"
        if test_id in self._begun:
            message = f"it began and did not end: {limit}"
            return Finished(id=test_id, outcome="failed", seconds=0, message=message, evidence=Evidence(runs=0))
        return Finished(id=test_id, outcome="not_run", seconds=0, message=limit, evidence=Evidence(runs=0))

    def _add(self, result: TestResult) -> None:
        safe = result.model_copy(update={"message": redacted(result.message, self._run.target.environ)})
        self.results.append(safe)
        self._on_result(safe)


NOTHING_COLLECTED = 5
"""pytest's exit code when no test is selected."""


def _result(test: TestInfo, finished: Finished) -> TestResult:
    return TestResult(
        id=test.id,
        title=test.title,
        outcome=finished.outcome,
        priority=test.priority,
        journey=test.journey,
        category=test.category,
        nonce=test.nonce,
        seconds=round(finished.seconds, 3),
        message=finished.message,
    )


def _unloaded(where: str, message: str) -> TestResult:
    return TestResult(
        id=where,
        title=f"{where} can be loaded",
        outcome="error",
        priority=1,
        journey="",
        category=UNLOADED,
        nonce="",
        message=message,
    )

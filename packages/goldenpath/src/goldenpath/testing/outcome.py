"""From pytest's reports of set-up, call and tear-down to the one outcome of a test."""

import pytest

from goldenpath.testing.lines import Evidence, Finished, Outcome

NOT_RUN = "goldenpath did not run it: "
"""How the recorder's own skips begin, which tells them from the tests'."""
MACHINERY = ("/_pytest/", "/pluggy/", "/pytest_asyncio/", "/asyncio/", "/pytest_timeout.py", "/xdist/")
"""Folders of frames that call a test or wait for it, and tell nothing about why it failed."""
WORKER_CRASHED = "???"
"""The phase that xdist names when a worker process dies in a test."""


class Phases:
    """The reports of one test as they arrive."""

    def __init__(self, test_id: str) -> None:
        """Wait for the reports of this test."""
        self._id = test_id
        self._reports: list[pytest.TestReport] = []

    def add(self, report: pytest.TestReport) -> None:
        """Take one report; those of a rerun replace what came before."""
        if report.when == "setup":
            self._reports.clear()
        self._reports.append(report)

    @property
    def complete(self) -> bool:
        """Whether no more reports will come."""
        return bool(self._reports) and self._reports[-1].when in {"teardown", WORKER_CRASHED}

    def finished(self, evidence: Evidence) -> Finished:
        """The test's outcome with its evidence."""
        outcome, message = self._outcome()
        seconds = sum(report.duration for report in self._reports)
        return Finished(id=self._id, outcome=outcome, seconds=seconds, message=message, evidence=evidence)

    def _outcome(self) -> tuple[Outcome, str]:
        bad = next((r for r in self._reports if r.failed), None)
        if bad is not None:
            return ("failed" if bad.when in {"call", WORKER_CRASHED} else "error"), telling(bad.longreprtext)
        expected = next((r for r in self._reports if hasattr(r, "wasxfail")), None)
        if expected is not None:
            return "skipped", f"expected to fail: {getattr(expected, 'wasxfail', '')}"
        skipped = next((r for r in self._reports if r.skipped), None)
        if skipped is None:
            return "passed", ""
        reason = _reason(skipped)
        return ("not_run" if NOT_RUN in reason else "skipped"), reason


def _reason(report: pytest.TestReport) -> str:
    match report.longrepr:
        case (_, _, str(reason)):
            return reason
        case _:
            return report.longreprtext


def telling(traceback: str) -> str:
    """The traceback without the frames of pytest and asyncio."""
    kept: list[str] = []
    keep = True
    for line in traceback.splitlines():
        if line.startswith('  File "'):
            keep = not any(folder in line for folder in MACHINERY)
        elif not line.startswith("    "):
            keep = True
        if keep:
            kept.append(line)
    return "\n".join(kept)

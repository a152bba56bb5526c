"""What a test run leaves in the environment's state folder: the last result of each test, and JUnit XML."""

import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path

from goldenpath.facts import SuiteResult
from goldenpath.testing.junit import junit
from goldenpath.testing.tally import UNLOADED, counts_of

KEPT = 12
"""Folders of runs: each has one of its own and one a control."""


class SuiteStore:
    """The folder of one suite."""

    def __init__(self, state_dir: Path, suite: str) -> None:
        """Keep results under `tests/SUITE` of this state folder."""
        self._folder = state_dir / "tests" / suite
        self._last = self._folder / "last.json"

    def new_run(self) -> Path:
        """A folder for the next run, not yet there; what old runs left is removed."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        old = sorted(path for path in self._folder.iterdir() if path.is_dir())[:-KEPT]
        for folder in old:
            shutil.rmtree(folder)
        return self._folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"

    def last(self) -> SuiteResult | None:
        """The newest result of every test, or None before the first run."""
        return SuiteResult.model_validate_json(self._last.read_bytes()) if self._last.exists() else None

    def keep(self, suite: str, result: SuiteResult) -> Path:
        """Remember the result; returns the path of its JUnit XML."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        written = self._last.with_suffix(".new")
        written.write_text(merged(self.last(), result).model_dump_json())
        written.replace(self._last)
        report = self._folder / "junit.xml"
        report.write_text(junit(suite, result), encoding="utf-8")
        return report


def merged(before: SuiteResult | None, now: SuiteResult) -> SuiteResult:
    """The newest result of every test; a run of all tests replaces everything, so that removed tests go; pure."""
    if before is None or now.counts.selected == now.counts.available:
        return now
    # Every run loads every file: what could not be loaded before and is not named now can be.
    kept = [test for test in before.results if test.category != UNLOADED]
    results = tuple({test.id: test for test in (*kept, *now.results)}.values())
    return now.model_copy(update={"results": results, "counts": counts_of(results, now.counts.available)})

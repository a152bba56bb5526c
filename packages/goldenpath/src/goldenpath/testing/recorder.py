"""The part of the plugin that selects, records and, where asked, stops."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from goldenpath.testing import lines
from goldenpath.testing.ledger import Ledger
from goldenpath.testing.metadata import describe, is_selected
from goldenpath.testing.outcome import NOT_RUN, Phases
from goldenpath.testing.target import Session, read_session
from goldenpath.testing.tether import die_with_parent

SESSION = pytest.StashKey[Session]()
LEDGER = pytest.StashKey[Ledger]()
RUNS = pytest.StashKey[int]()
EVIDENCE = "goldenpath"
SUBSTITUTES = ("monkeypatch", "mocker", "httpx_mock", "respx_mock", "requests_mock")
"""Fixtures that put something else in the place of the real thing."""


def pytest_configure(config: pytest.Config) -> None:
    """Read the session; record in this process, and report from the process that sees every result."""
    session = read_session(Path(os.environ["GOLDENPATH_TARGET"]))
    config.stash[SESSION] = session
    config.stash[LEDGER] = Ledger()
    config.stash[LEDGER].install()
    config.pluginmanager.register(Recorder(session, config.stash[LEDGER]), "goldenpath-recorder")
    if not hasattr(config, "workerinput"):
        die_with_parent()
        config.pluginmanager.register(Reporter(Path(session.lines)), "goldenpath-reporter")


class Recorder:
    """Runs where tests run: selects them, says what was collected, and gathers each test's evidence."""

    def __init__(self, session: Session, ledger: Ledger) -> None:
        """Record for this session."""
        self._session = session
        self._ledger = ledger
        self._failed = Path(session.lines).parent / "failed"

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the selected tests, and say what there is; every process collects the same."""
        infos = {item.nodeid: describe(item, self._session) for item in items}
        available = len(items)
        dropped = [item for item in items if not is_selected(infos[item.nodeid], self._session.selection)]
        if dropped:
            config.hook.pytest_deselected(items=dropped)
            items[:] = [item for item in items if is_selected(infos[item.nodeid], self._session.selection)]
        tests = tuple(infos[item.nodeid] for item in items)
        lines.append(Path(self._session.lines), lines.Collected(available=available, tests=tests))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin the test's page; where its category has already failed and that ends it, do not run it."""
        self._ledger.turn()
        item.stash[RUNS] = item.stash.get(RUNS, 0) + 1
        category = describe(item, self._session).category
        if self._session.fail_fast.mode == "category" and (self._failed / category).exists():
            pytest.skip(f"{NOT_RUN}category {category} has failed")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the evidence on the last report of the test, which travels to the reporting process."""
        report = yield
        if report.failed and self._session.fail_fast.mode == "category":
            self._failed.mkdir(exist_ok=True)
            (self._failed / describe(item, self._session).category).touch()
        if call.when == "teardown":
            fixtures = getattr(item, "fixturenames", ())
            page = self._ledger.page(item.stash[RUNS], [name for name in SUBSTITUTES if name in fixtures])
            report.user_properties.append((EVIDENCE, page.model_dump_json()))
        return report


class Reporter:
    """Runs where every result arrives: writes the lines."""

    def __init__(self, path: Path) -> None:
        """Append to this file."""
        self._path = path
        self._phases: dict[str, Phases] = {}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Say which file could not be loaded."""
        if report.failed:
            lines.append(self._path, lines.CollectFailed(id=report.nodeid, message=report.longreprtext))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Say that a test begins."""
        self._phases[nodeid] = Phases(nodeid)
        lines.append(self._path, lines.Started(id=nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Join the reports of set-up, call and tear-down; a crashed worker reports only once."""
        phases = self._phases.setdefault(report.nodeid, Phases(report.nodeid))
        phases.add(report)
        if phases.complete:
            evidence = dict(report.user_properties).get(EVIDENCE, "{}")
            lines.append(self._path, phases.finished(lines.Evidence.model_validate_json(str(evidence))))

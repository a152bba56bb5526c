from html.parser import HTMLParser

import pytest
from loop_events import repaired_loop, result
from rich.console import Console

from goldenpath.errors import StateError
from goldenpath.events import LOOP_EVENTS, Diagnosed, TestFinished
from goldenpath.facts import Diagnosis
from goldenpath.worklog.fold import fold
from goldenpath.worklog.render import html, markdown
from goldenpath.worklog.summary import summary
from goldenpath.worklog.terminal import TerminalView, closing

VOID = {"meta", "br", "path", "rect", "line"}


class Balance(HTMLParser):
    """Checks that what is opened is closed, and collects ids and links."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids |= {found["id"] or ""} if "id" in found else set()
        self.links |= {found["href"] or ""} if "href" in found else set()
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_numbers_are_those_of_the_journal() -> None:
    log = fold(repaired_loop())
    assert log.verdict == "pass"
    assert len(log.cycles) == 2
    assert log.counts is not None
    assert (log.counts.executed, log.counts.proven) == (2, 2)
    assert [c.id for c in log.causes] == ["variable_missing"]
    assert [(f.fix.id, f.result) for f in log.fixes] == [("f1", "verified")]
    first = log.cycles[0]
    assert (first.first_symptom_s, first.cause_s) == (1.2, 1.5)
    assert [j.verdict for j in log.journeys] == ["pass"]
    assert log.not_proven == ()


def test_the_same_journal_gives_the_same_page_after_a_round_trip() -> None:
    events = repaired_loop()
    again = [LOOP_EVENTS.validate_json(LOOP_EVENTS.dump_json(event)) for event in events]
    assert markdown(fold(events)) == markdown(fold(again))
    assert html(fold(events)) == html(fold(again))


def test_a_test_that_passed_without_proof_is_said_to_be_not_proven() -> None:
    events = repaired_loop()
    unproven = [
        e.model_copy(update={"result": result("b", proven=False)})
        if isinstance(e, TestFinished) and e.result.id == "b"
        else e
        for e in events
    ]
    log = fold(unproven)
    assert log.not_proven == ("b: passed without proof (nonce_in_log)",)
    assert [j.verdict for j in log.journeys] == ["not_proven"]


def test_an_unfinished_journal_is_not_proven() -> None:
    log = fold(repaired_loop()[:6])
    assert log.verdict == "not_proven"
    assert log.reason == "the loop has not ended"


def test_missing_evidence_is_listed() -> None:
    events = repaired_loop()
    open_end = Diagnosis(verdict="not_proven", missing_evidence=("resolve the value and the stripped value",))
    changed = [e.model_copy(update={"diagnosis": open_end}) if isinstance(e, Diagnosed) else e for e in events]
    assert "resolve the value and the stripped value" in fold(changed).not_proven


def test_html_is_balanced_escaped_and_its_evidence_links_lead_somewhere() -> None:
    page = html(fold(repaired_loop()))
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert {link.removeprefix("#") for link in parser.links} <= parser.ids
    assert "o1" in parser.ids
    assert "DB_HOST is missing in r2 &lt;b&gt;" in page
    assert "http://" not in page.replace("http://127.0.0.1:1", "")


def test_markdown_tables_are_not_broken_by_what_they_hold() -> None:
    page = markdown(fold(repaired_loop()))
    rows = [line for line in page.splitlines() if line.startswith("| <a id=")]
    assert len(rows) == 1
    assert "required \\| and not set" in rows[0]
    assert "refuted: db is dead" in page


def test_every_event_that_matters_is_a_line_on_the_terminal() -> None:
    console = Console(record=True, width=200, file=None, quiet=False, color_system=None)
    view = TerminalView(console)
    with console.capture() as captured:
        for event in repaired_loop():
            view(event)
        closing(fold(repaired_loop()), console)
    said = captured.get()
    for words in (
        "cycle 1",
        "Cause named",
        "Fix: restore DB_HOST from r1",
        "b, proven",
        "2 of 2 proven",
        "refuted (o1)",
    ):
        assert words in said


def test_the_summary_has_the_documented_keys() -> None:
    found = summary(fold(repaired_loop()), "worklog.md")
    assert {
        "verdict",
        "cycles",
        "revision",
        "tests",
        "components",
        "causes",
        "fixes",
        "value_at_risk",
        "worklog",
        "seconds",
    } <= set(found)
    assert found["fixes"] == [
        {"action": "restore_variable", "component": "web", "result": "verified", "statement": "green"}
    ]


def test_a_journal_without_a_beginning_is_refused() -> None:
    with pytest.raises(StateError):
        fold(repaired_loop()[1:])

"""Differences of logs and metrics point at a component: they order the open rivals and never name a cause."""

import pytest
from diagnosis_bench import SYSTEM, Notebook
from pydantic import JsonValue

from goldenpath.diagnosis.engine import diagnose
from goldenpath.facts import Diagnosis

LINE: JsonValue = {"level": "error", "text": "cannot take the lease of worker * back", "count": 4}
METRIC: JsonValue = {"metric": 'calls_seconds{of="redis"}', "kind": "distribution", "effect": 0.9}
SLOWER: JsonValue = {"text": "statement done", "field": "ms", "before": 2.0, "after": 90.0, "effect": 1.0}


def troubled() -> Notebook:
    """A test is red and nothing else is known."""
    book = Notebook()
    book.test("e2e/1", "failed")
    return book


def score(found: Diagnosis, component: str) -> float:
    return max(r.score for r in found.open_rivals if r.component == component)


@pytest.mark.parametrize(
    ("subject", "name", "value", "component", "words"),
    [
        ("worker", "log.new", LINE, "worker", "new in the log of worker"),
        ("web", "log.new", LINE, "worker", "new in the log of web"),
        ("web", "metric.changed", METRIC, "redis", "calls_seconds"),
        ("web", "log.slower", SLOWER, "web", "went from 2.0 to 90.0"),
    ],
)
def test_a_difference_lifts_the_rivals_at_its_component_and_names_none(
    subject: str, name: str, value: JsonValue, component: str, words: str
) -> None:
    before = diagnose(SYSTEM, troubled().observations)
    book = troubled()
    book.note(subject, name, value, probe="metrics" if "metric" in name else "log")
    after = diagnose(SYSTEM, book.observations)
    assert after.causes == before.causes == ()
    assert score(after, component) > score(before, component)
    assert any(words in r.reason for r in after.open_rivals if r.component == component)


def test_a_log_with_nothing_new_speaks_against_its_component() -> None:
    before = diagnose(SYSTEM, troubled().observations)
    book = troubled()
    book.note("worker", "log.kinds", {"lines": 90, "kinds": 7, "new": 0}, probe="log")
    assert score(diagnose(SYSTEM, book.observations), "worker") < score(before, "worker")

"""The harness of the evals itself: its truths are right, and its grades find what is wrong."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from netra_usage import event

from netra.evals.cases import FILES, TRAFFIC, Case, Truth, asked, cases
from netra.evals.grading import grade
from netra.evals.rows import HOSTILE, QUIET, lines, seeded
from netra.evals.truth import list_price, statistic, true_value
from netra.events.union import EVENTS, Event

TODAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
ROWS = [
    event(MIDNIGHT - timedelta(days=day, hours=-1), cost_usd=Decimal(day), latency_ms=float(day), workload=name)
    for day, name in ((1, "a"), (2, "a"), (3, "b"), (4, "b"))
]


def test_there_are_sixty_questions_and_each_has_a_name_of_its_own() -> None:
    found = [*cases(*FILES), *cases(TRAFFIC)]
    assert len(cases(*FILES)) >= 60
    assert len({case.id for case in found}) == len(found)
    for place, case in enumerate(found):
        assert not case.after or case.after in {earlier.id for earlier in found[:place]}
        assert case.numbers or case.says or case.course or case.never


def test_dates_of_questions_are_those_of_the_day() -> None:
    assert asked("from {day-2} in {month}", TODAY) == "from 2026-11-21 in November 2026"


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        (Truth(sum="cost"), 10),
        (Truth(sum="cost", workload="a"), 3),
        (Truth(sum="requests", days=(-3, -1)), 2),
        (Truth(sum="cost", period="yesterday"), 1),
        (Truth(sum="cost", workload="b", minus=Truth(sum="cost", workload="a")), 4),
        (Truth(sum="cost", workload="a", pct_of=Truth(sum="cost")), 30),
        (Truth(latency="p50"), 2.5),
        (Truth(latency="max", times=2), 8),
        (Truth(input="mean"), 100),
        (Truth(busiest_day=True), 1),
        (Truth(sum="requests", period="last week"), 4),
        (Truth(correlation=("latency_ms", "cost_usd")), 1),
    ],
)
def test_a_truth_is_the_figure_that_one_reckons_by_hand(truth: Truth, expected: float) -> None:
    assert true_value(truth, ROWS, TODAY) == pytest.approx(expected)


def test_prices_and_percentiles_are_those_that_everybody_knows() -> None:
    assert list_price("gpt-4o") == (Decimal("0.0000025"), Decimal("0.00001"))
    assert statistic("p90", [float(n) for n in range(101)]) == pytest.approx(90)


def test_the_data_holds_what_misleads_and_what_is_missing() -> None:
    rows = seeded(TODAY)
    assert set(HOSTILE) <= {row.workload for row in rows}
    assert all(row.cost_usd is None and row.latency_ms is None for row in rows if row.workload == QUIET)
    assert max(row.at for row in rows) < MIDNIGHT
    assert seeded(TODAY) == rows
    read = [json.loads(line) for line in lines(rows)]
    assert sum(Decimal(row.get("cost_usd", "0")) for row in read) == sum(row.cost_usd or 0 for row in rows)


CASE = Case(id="q", kind="numbers", ask="What did it cost?", numbers={"cost": Truth(sum="cost")}, says=("Cost",))
NUMBER = {"name": "cost", "value": 10.0, "unit": "USD", "tool": "cost_breakdown", "call_id": "data-1", "text": "$10.00"}


def run(answer: str = "**Cost: $10.00** of `gpt-4o`", **changed: Any) -> list[Event]:
    """The log of a run that answers this, with these numbers."""
    ids = {"run_id": str(uuid4()), "thread_id": str(uuid4()), "at": TODAY.isoformat()}
    query: dict[str, Any] = {"name": "cost", "sql": "select 1", "parameters": {}, "rows": 1, "ms": 1}
    numbers = changed.get("numbers", [NUMBER])
    call = {
        "call_id": "data-1",
        "tool": "cost_breakdown",
        "status": "ok",
        "ms": 1,
        "queries": changed.get("queries", [query]),
    }
    agents = changed.get("agents", ("triage", "data", "reporting"))
    said: list[tuple[str, str, dict[str, Any]]] = [("agent_started", agent, {"task": "work"}) for agent in agents]
    said.insert(2, ("tool_completed", "data", call))
    done = {"final": True, "answer": answer, "ms": 1, "result": {"numbers": numbers, "analyst": "builtin"}}
    said.append(("agent_completed", "reporting", done))
    return [
        EVENTS.validate_python({"type": kind, "agent": agent, "seq": seq, "data": data, **ids})
        for seq, (kind, agent, data) in enumerate(said, 1)
    ]


def problems(*given: Event) -> str:
    return "; ".join(grade(CASE, given, ROWS, TODAY, seconds=1).problems)


def test_a_right_answer_passes() -> None:
    found = grade(CASE, run(), ROWS, TODAY, seconds=1)
    assert (found.passed, found.numbers, found.numbers_right, found.problems) == (True, 1, 1, ())


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"numbers": [{**NUMBER, "value": 10.001}]}, "cost is 10.001; it should be 10"),
        ({"numbers": []}, "no number cost"),
        ({"numbers": [{**NUMBER, "call_id": "data-9"}]}, "names a call that was not made"),
        ({"queries": []}, "came from no query"),
        ({"answer": "**Cost: $10.00**, and 7 more"}, "7, is no number of a tool"),
        ({"answer": "It was $10.00"}, "does not say 'Cost'"),
        ({"agents": ("triage", "reporting")}, "the agents were triage, reporting"),
        ({"agents": ("triage", "optimization", "reporting")}, "optimization without data"),
    ],
)
def test_a_wrong_answer_fails_and_says_why(changed: dict[str, Any], problem: str) -> None:
    assert problem in problems(*run(**changed))

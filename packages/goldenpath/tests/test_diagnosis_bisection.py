"""The search through a history: it ends at the change that made it bad, whatever the history looks like."""

import math

from hypothesis import given
from hypothesis import strategies as st

from goldenpath.diagnosis.bisection import (
    MISSED,
    MOST_RUNS,
    Outcome,
    heads,
    line,
    next_point,
    past,
    runs_needed,
    suspects,
)

Graph = dict[str, tuple[str, ...]]


@st.composite
def histories(draw: st.DrawFn) -> Graph:
    """Any graph with one newest point: each point has up to three older parents, what is left over is merged."""
    size = draw(st.integers(1, 24))
    graph: Graph = {}
    for i in range(size):
        parents = draw(st.sets(st.integers(0, i - 1), max_size=3)) if i else set[int]()
        graph[f"c{i}"] = tuple(f"c{p}" for p in sorted(parents))
    return {**graph, "bad": heads(graph)}


def searched(graph: Graph, culprit: str, skipped: frozenset[str] = frozenset()) -> tuple[dict[str, Outcome], int]:
    """Search with an oracle: what has the culprit in its past is bad."""
    outcomes: dict[str, Outcome] = {"bad": "bad"}
    while (point := next_point(graph, outcomes)) is not None:
        bad = culprit in past(graph, point)
        outcomes[point] = "skip" if point in skipped else "bad" if bad else "good"
    return outcomes, len(outcomes) - 1


@given(st.data(), histories())
def test_the_culprit_is_found_in_any_history_with_merges(data: st.DataObject, graph: Graph) -> None:
    culprit = data.draw(st.sampled_from(sorted(graph)))
    outcomes, tries = searched(graph, culprit)
    assert suspects(graph, outcomes) == {culprit}
    assert tries < max(2, len(graph))


@given(st.data(), histories())
def test_what_cannot_be_tried_leaves_the_culprit_among_the_suspects(data: st.DataObject, graph: Graph) -> None:
    culprit = data.draw(st.sampled_from(sorted(graph)))
    skipped = frozenset(data.draw(st.sets(st.sampled_from(sorted(graph))))) - {"bad"}
    outcomes, _ = searched(graph, culprit, skipped)
    left = suspects(graph, outcomes)
    assert culprit in left
    # Two suspects that were both tried would have told each other apart.
    assert len(left - skipped) <= 1


@given(st.integers(1, 400), st.data())
def test_a_line_takes_no_more_tries_than_halving_it(length: int, data: st.DataObject) -> None:
    points = (*(f"c{i}" for i in range(length - 1)), "bad")
    culprit = data.draw(st.sampled_from(points))
    outcomes, tries = searched(line(points), culprit)
    assert suspects(line(points), outcomes) == {culprit}
    assert tries <= math.ceil(math.log2(length))


@given(histories(), st.data())
def test_no_point_is_tried_twice_and_each_try_takes_suspects_away(graph: Graph, data: st.DataObject) -> None:
    culprit = data.draw(st.sampled_from(sorted(graph)))
    outcomes: dict[str, Outcome] = {"bad": "bad"}
    while (point := next_point(graph, outcomes)) is not None:
        before = suspects(graph, outcomes)
        assert point not in outcomes
        outcomes[point] = "bad" if culprit in past(graph, point) else "good"
        assert suspects(graph, outcomes) < before


def test_outcomes_that_contradict_each_other_leave_no_suspect() -> None:
    assert suspects(line(("a", "b", "c")), {"c": "bad", "b": "good", "a": "bad"}) == set()
    assert suspects(line(("a", "b")), {"b": "good"}) == set()


@given(st.integers(1, 10), st.data())
def test_what_fails_now_and_then_is_run_more_often_before_it_counts_as_good(runs: int, data: st.DataObject) -> None:
    failed = data.draw(st.integers(1, runs))
    needed = runs_needed(failed, runs)
    rate = (failed + 1) / (runs + 2)
    assert 1 <= needed <= MOST_RUNS
    assert (1 - rate) ** needed <= MISSED or needed == MOST_RUNS
    assert needed >= runs_needed(runs, runs)

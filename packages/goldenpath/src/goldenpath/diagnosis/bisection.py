"""The search for the change that made it bad: which point of a history to try next, and what follows; pure.

A history is a graph of points, each with its parents, in which what is bad stays bad. The suspects are the points that
could be where it began: in the past of every point that was found bad, in the past of none that was found good.
"""

import math
from collections.abc import Mapping

from goldenpath.events import TriedOutcome

Outcome = TriedOutcome
History = Mapping[str, tuple[str, ...]]
"""Parents by point; parents that are no points of it are known to be good."""
Outcomes = Mapping[str, Outcome]
MISSED = 0.02
"""Accepted chance to take a point for good that fails only now and then."""
MOST_RUNS = 12


def suspects(history: History, outcomes: Outcomes) -> frozenset[str]:
    """Where it could have begun, as far as is known; empty when the outcomes contradict each other."""
    left = frozenset(history)
    for point, outcome in outcomes.items():
        if point in history and outcome == "bad":
            left &= past(history, point)
        elif point in history and outcome == "good":
            left -= past(history, point)
    return left


def next_point(history: History, outcomes: Outcomes) -> str | None:
    """The point that halves the suspects best; None when no untried one would tell any two of them apart."""
    left = suspects(history, outcomes)
    weights = {point: len(past(history, point) & left) for point in history if point in left and point not in outcomes}
    halves = {point: min(weight, len(left) - weight) for point, weight in weights.items()}
    best = max(halves, key=halves.__getitem__, default=None)
    return best if best is not None and halves[best] else None


def past(history: History, point: str) -> frozenset[str]:
    """The point and all its ancestors within the history."""
    found: set[str] = set()
    todo = [point]
    while todo:
        one = todo.pop()
        if one in history and one not in found:
            found.add(one)
            todo.extend(history[one])
    return frozenset(found)


def line(points: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """A history without branches, oldest first."""
    return {point: points[i - 1 : i] if i else () for i, point in enumerate(points)}


def heads(history: History) -> tuple[str, ...]:
    """The points that are nobody's parent."""
    parents = {parent for listed in history.values() for parent in listed}
    return tuple(point for point in history if point not in parents)


def runs_needed(failed: int, runs: int) -> int:
    """How often a point must pass to count as good, when the bad one failed `failed` times in `runs`.

    With the rate of failure by Laplace's rule, so that three failures in three runs are not taken for certainty.
    """
    rate = (failed + 1) / (runs + 2)
    return min(MOST_RUNS, math.ceil(math.log(MISSED) / math.log(1 - rate)))

"""The test of ranks against its definition, and where a series changes."""

import random

from hypothesis import given
from hypothesis import strategies as st

from goldenpath.probes.statistics import Difference, change_point, compare, counted, median, weighted_median

NUMBERS = st.lists(st.integers(0, 9).map(float), min_size=1, max_size=30)


def brute(before: list[float], after: list[float]) -> float:
    """Cliff's delta by looking at every pair."""
    pairs = [(a, b) for a in before for b in after]
    return sum((b > a) - (b < a) for a, b in pairs) / len(pairs)


@given(NUMBERS, NUMBERS)
def test_the_effect_is_the_share_of_pairs(before: list[float], after: list[float]) -> None:
    found = compare(counted(before), counted(after))
    assert abs(found.effect - brute(before, after)) < 1e-9
    assert 0.0 <= found.p <= 1.0


@given(NUMBERS, NUMBERS)
def test_what_is_turned_round_is_turned_round(before: list[float], after: list[float]) -> None:
    there, back = compare(counted(before), counted(after)), compare(counted(after), counted(before))
    assert abs(there.effect + back.effect) < 1e-9
    assert abs(there.p - back.p) < 1e-9


@given(NUMBERS)
def test_the_same_numbers_never_differ(values: list[float]) -> None:
    assert not compare(counted(values), counted(values)).counts


@given(NUMBERS, st.randoms(use_true_random=False))
def test_the_order_of_measurements_does_not_matter(values: list[float], chance: random.Random) -> None:
    mixed = [*values]
    chance.shuffle(mixed)
    assert compare(counted(values), {5.0: 10}) == compare(counted(mixed), {5.0: 10})
    assert median(mixed) == median(values)


def test_known_values() -> None:
    """As `scipy.stats.mannwhitneyu(a, b)` (asymptotic, with continuity) gives for these."""
    apart = compare(counted([1, 2, 3, 4, 5, 6.0]), counted([5, 6, 7, 8, 9, 10.0]))
    assert round(apart.p, 4) == 0.0127
    alike = compare(counted([1, 2, 3, 4.0]), counted([2, 3, 4, 5, 6.0]))
    assert round(alike.p, 4) == 0.2148


def test_many_measurements_that_differ_by_nothing_do_not_count() -> None:
    chance = random.Random(7)  # noqa: S311 - no secret
    before, after = ([chance.gauss(100 + shift, 20) for _ in range(4000)] for shift in (0, 3))
    found = compare(counted(before), counted(after))
    assert found.p < 0.001, "surely another distribution"
    assert not found.counts, "and yet hardly another one"


def test_few_measurements_do_not_count_however_large() -> None:
    assert not compare({1.0: 4}, {100.0: 400}).counts
    assert compare({1.0: 20}, {100.0: 20}).counts


def test_a_series_changes_where_it_changes() -> None:
    chance = random.Random(3)  # noqa: S311 - no secret
    series = [chance.gauss(20, 3) for _ in range(40)] + [chance.gauss(90, 10) for _ in range(25)]
    found = change_point(series)
    assert found is not None
    assert found.index == 40
    assert found.after > 3 * found.before


def test_a_steady_series_does_not_change() -> None:
    chance = random.Random(5)  # noqa: S311 - no secret
    assert change_point([chance.gauss(20, 3) for _ in range(80)]) is None
    assert change_point([1.0] * 30) is None
    assert change_point([]) is None


def test_the_middle_of_counts() -> None:
    assert weighted_median({0.1: 3, 0.5: 1, 2.0: 1}) == 0.1
    assert weighted_median({}) == 0.0
    assert Difference(effect=0.9, p=0.0001, before=9, after=9).counts

"""Whether two sets of measurements differ, by how much, and from when on; pure, and without assumptions on their shape.

Mann and Whitney's test looks only at ranks. With many measurements anything is significant, so that a difference
counts only with its size: Cliff's delta, the share of pairs in which the later one is greater less the share in which
it is smaller.
"""

import math
from collections.abc import Mapping, Sequence

from goldenpath.facts import Record

SIGNIFICANT = 0.001
"""A scrape compares hundreds of metrics: at 0.05 some would always differ by chance."""
LARGE = 0.474
"""Where a Cliff's delta begins to be called large (Romano and others, 2006)."""
FEWEST = 5
"""Fewer measurements on one side cannot show anything at that level."""


class Difference(Record):
    """How the later measurements lie against the earlier ones."""

    effect: float
    """Cliff's delta, from -1 (all smaller) over 0 to 1 (all greater)."""
    p: float
    before: int
    """How many there were."""
    after: int

    @property
    def counts(self) -> bool:
        """Whether it is both significant and large."""
        enough = min(self.before, self.after) >= FEWEST
        return enough and self.p <= SIGNIFICANT and abs(self.effect) >= LARGE


class Change(Record):
    """Where a series changes."""

    index: int
    """The first of the later part."""
    difference: Difference
    before: float
    """The median of the earlier part."""
    after: float


def compare(before: Mapping[float, int], after: Mapping[float, int]) -> Difference:
    """Two sets of measurements given as counts by value; values of one bucket count as equal."""
    n, m = sum(before.values()), sum(after.values())
    if not n or not m:
        return Difference(effect=0.0, p=1.0, before=n, after=m)
    below, u, ties = 0, 0.0, 0.0
    for value in sorted({*before, *after}):
        earlier, later = before.get(value, 0), after.get(value, 0)
        u += later * (below + earlier / 2)
        below += earlier
        same = earlier + later
        ties += same**3 - same
    return Difference(effect=2 * u / (n * m) - 1, p=_p(u, n, m, ties), before=n, after=m)


def _p(u: float, n: int, m: int, ties: float) -> float:
    """Two-sided, by the normal approximation with correction for ties and continuity."""
    total = n + m
    variance = n * m / 12 * (total + 1 - ties / (total * (total - 1))) if total > 1 else 0.0
    if variance <= 0:
        return 1.0
    z = max(0.0, abs(u - n * m / 2) - 0.5) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))


def change_point(values: Sequence[float]) -> Change | None:
    """Where a series splits into two parts that differ most; None when no split counts."""
    best: Change | None = None
    for index in range(FEWEST, len(values) - FEWEST + 1):
        found = compare(counted(values[:index]), counted(values[index:]))
        # As many tests as places: each has to be so much the surer.
        strict = found.model_copy(update={"p": min(1.0, found.p * len(values))})
        if strict.counts and (best is None or strict.p < best.difference.p):
            best = Change(index=index, difference=strict, before=median(values[:index]), after=median(values[index:]))
    return best


def counted(values: Sequence[float]) -> dict[float, int]:
    """Counts by value."""
    counts: dict[float, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts


def median(values: Sequence[float]) -> float:
    """The middle one, or the mean of the two in the middle."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def weighted_median(counts: Mapping[float, int]) -> float:
    """The same of counts by value; 0 when there is none."""
    half, passed = sum(counts.values()) / 2, 0
    for value in sorted(counts):
        passed += counts[value]
        if passed >= half:
            return value
    return 0.0

"""The exact arithmetic of a change: fractions, so that the parts add up without a remainder. See `drivers`."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

Amounts = tuple[int, Fraction, Fraction]
"""Requests, their size (tokens) and their value (the metric), all added up."""


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One workload on one model in both periods."""

    key: tuple[str, str]
    before: Amounts
    after: Amounts


@dataclass(frozen=True, kw_only=True)
class Parts:
    """One segment's share of the change, by reason."""

    before: Fraction
    """The segment's value in the earlier period; for a mean the segment's own mean."""
    after: Fraction
    volume: Fraction
    mix: Fraction
    size: Fraction
    price: Fraction

    @property
    def total(self) -> Fraction:
        """The segment's whole contribution."""
        return self.volume + self.mix + self.size + self.price


@dataclass(frozen=True, kw_only=True)
class Decomposition:
    """The metric in both periods, and each segment's parts, whose totals sum to after - before."""

    before: Fraction
    after: Fraction
    parts: tuple[tuple[Segment, Parts], ...]


def decompose(segments: Sequence[Segment], *, mean: bool) -> Decomposition | None:
    """Split the change of the sum, or of the mean a request; None when a mean or both periods hold no request."""
    count = (sum(s.before[0] for s in segments), sum(s.after[0] for s in segments))
    if not any(count) or (mean and not all(count)):
        return None
    before = sum((s.before[2] for s in segments), Fraction(0))
    after = sum((s.after[2] for s in segments), Fraction(0))
    if mean:
        overall = before / count[0]
        parts = tuple((s, _mean_parts(s, count, overall)) for s in segments)
        return Decomposition(before=overall, after=after / count[1], parts=parts)
    return Decomposition(before=before, after=after, parts=tuple((s, _sum_parts(s, count)) for s in segments))


def _sum_parts(segment: Segment, count: tuple[int, int]) -> Parts:
    (n0, _, value0), (n1, _, value1) = segment.before, segment.after
    unit0 = value0 / n0 if n0 else value1 / n1 if n1 else Fraction(0)
    if not count[0]:
        return Parts(before=value0, after=value1, volume=value1, mix=Fraction(0), size=Fraction(0), price=Fraction(0))
    volume = (count[1] - count[0]) * Fraction(n0, count[0]) * unit0
    mix = (n1 - n0) * unit0 - volume
    size, price = _unit_parts(segment) if n0 and n1 else (Fraction(0), Fraction(0))
    return Parts(before=value0, after=value1, volume=volume, mix=mix, size=size, price=price)


def _unit_parts(segment: Segment) -> tuple[Fraction, Fraction]:
    """The change of the value a request, as size and price; without tokens before, price takes it all."""
    (n0, size0, value0), (n1, size1, value1) = segment.before, segment.after
    whole = value1 - n1 * value0 / n0
    if not size0:
        return Fraction(0), whole
    size = n1 * (size1 / n1 - size0 / n0) * (value0 / size0)
    return size, whole - size


def _mean_parts(segment: Segment, count: tuple[int, int], overall: Fraction) -> Parts:
    (n0, _, value0), (n1, _, value1) = segment.before, segment.after
    unit0 = value0 / n0 if n0 else value1 / n1 if n1 else Fraction(0)
    unit1 = value1 / n1 if n1 else unit0
    share0, share1 = Fraction(n0, count[0]), Fraction(n1, count[1])
    return Parts(
        before=unit0 if n0 else Fraction(0),
        after=unit1 if n1 else Fraction(0),
        volume=Fraction(0),
        mix=(share1 - share0) * (unit0 - overall),
        size=share1 * (unit1 - unit0),
        price=Fraction(0),
    )

"""The arithmetic of a what-if, part by part of a mix: expected, low and high, exact in decimals; pure.

Prices are list prices of today. Where a change leaves the model as it is, a part saves in proportion to what was
really paid for it: what its list price saves, times recorded over list cost.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from netra.analytics.list_prices import ListPrice, Tier
from netra.analytics.queries.mix import Part
from netra.analytics.queries.what_if import Kind, WhatIfQuestion

ZERO = Decimal(0)
OUTPUT_BAND_PCT = 20
"""How much more or less another model may write for the same task; own data seldom shows it for equal tasks."""
HIT_BAND_PCT = 20
"""Percentage points by which the real hit rate may differ."""
MIN_CACHED_TOKENS = 1024
"""Providers keep no shorter prompt."""
BATCHED_LOW_PCT = 80
"""Of a batch, what may be done in time at worst; the rest is asked again at the usual price."""
ASKED_AGAIN_PCT = 20
"""Of the answers that were cut, how many may be asked for again in full."""
ROUTED_PCT = (70, 90, 100)
"""Of the easy requests, how many a router finds: low, expected, high."""
MISROUTED_PCT = 10
"""Of the routed requests, how many may need the first model after all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """US dollars saved."""

    expected: Decimal = ZERO
    low: Decimal = ZERO
    high: Decimal = ZERO

    def __add__(self, other: "Range") -> "Range":
        """Both together: as if both were at their lowest, or highest, at once."""
        return Range(expected=self.expected + other.expected, low=self.low + other.low, high=self.high + other.high)


@dataclass(frozen=True, kw_only=True, slots=True)
class Prices:
    """List prices of the data's models and, for a move, of the model that takes over."""

    own: Mapping[str, ListPrice]
    target: ListPrice | None


def touches(part: Part, asked: WhatIfQuestion, prices: Prices) -> bool:
    """Whether the change can do anything to this part; parts without a recorded cost are never touched."""
    if not part.priced or (asked.from_model and part.model != asked.from_model):
        return False
    own = prices.own.get(part.model)
    match asked.kind:
        case "move_share":
            return True
        case "route_by_difficulty":
            return part.easy
        case "prompt_caching":
            long_enough = part.input_above >= MIN_CACHED_TOKENS - 1
            return long_enough and own is not None and part.tier(own).cache_read is not None
        case "batching":
            return own is not None and part.tier(own).batch_input is not None
        case "output_cap":
            return part.long and own is not None
        case _:
            assert_never(asked.kind)


def saving(part: Part, asked: WhatIfQuestion, prices: Prices) -> Range:
    """What the change saves of a part that it touches."""
    if prices.target is not None and asked.kind in MOVES:
        return MOVES[asked.kind](part, asked, part.tier(prices.target))
    own = prices.own[part.model]
    listed = part.at(own)
    found = STAYS[asked.kind](part, asked, part.tier(own))
    paid = part.cost / listed if listed else Decimal(1)
    return Range(expected=found.expected * paid, low=found.low * paid, high=found.high * paid)


def _moved(part: Part, asked: WhatIfQuestion, target: Tier) -> Range:
    share = _share(asked.share_pct)
    band = share * _share(OUTPUT_BAND_PCT) * target.output * part.output_tokens
    expected = share * (part.cost - _cost(part, target))
    return Range(expected=expected, low=expected - band, high=expected + band)


def _routed(part: Part, asked: WhatIfQuestion, target: Tier) -> Range:
    del asked
    everything = part.cost - _cost(part, target)
    band = _share(OUTPUT_BAND_PCT) * target.output * part.output_tokens
    least, usual, most = (_share(pct) for pct in ROUTED_PCT)
    bounds = (
        least * (everything - band - _share(MISROUTED_PCT) * part.cost),
        usual * everything,
        most * (everything + band),
    )
    return Range(expected=bounds[1], low=min(bounds), high=max(bounds))


def _cached(part: Part, asked: WhatIfQuestion, tier: Tier) -> Range:
    prefix = max(ZERO, _share(asked.cached_prefix_pct) * part.input_tokens - part.cached_tokens)

    def at(hit_pct: float) -> Decimal:
        hit = _share(min(100.0, max(0.0, hit_pct)))
        kept = tier.input - tier.kept
        written = (tier.cache_write or tier.input) - tier.input
        return prefix * (hit * kept - (1 - hit) * written)

    rate = asked.hit_rate_pct
    return Range(expected=at(rate), low=at(rate - HIT_BAND_PCT), high=at(rate + HIT_BAND_PCT))


def _batched(part: Part, asked: WhatIfQuestion, tier: Tier) -> Range:
    inputs = (tier.input - (tier.batch_input or tier.input)) * (part.input_tokens - part.cached_tokens)
    outputs = (tier.output - (tier.batch_output or tier.output)) * part.output_tokens
    whole = _share(asked.share_pct) * (inputs + outputs)
    return Range(expected=whole, low=whole * _share(BATCHED_LOW_PCT), high=whole)


def _capped(part: Part, asked: WhatIfQuestion, tier: Tier) -> Range:
    del asked
    whole = tier.output * part.over_cap
    again = _share(ASKED_AGAIN_PCT) * _cost(part, tier)
    return Range(expected=whole, low=whole - again, high=whole)


def _cost(part: Part, tier: Tier) -> Decimal:
    return tier.cost(part.requests, part.input_tokens, part.output_tokens, part.cached_tokens)


def _share(pct: float) -> Decimal:
    return Decimal(str(pct)) / 100


Arithmetic = Callable[[Part, WhatIfQuestion, Tier], Range]
MOVES: Mapping[Kind, Arithmetic] = {"move_share": _moved, "route_by_difficulty": _routed}
STAYS: Mapping[Kind, Arithmetic] = {"prompt_caching": _cached, "batching": _batched, "output_cap": _capped}

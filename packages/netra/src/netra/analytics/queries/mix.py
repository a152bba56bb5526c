"""The requests in scope, added up so that each part has one price: the ground that estimates stand on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from netra.analytics.list_prices import ListPrice, Tier
from netra.analytics.scope import QUERIES, Scope, TenantReader

NO_CAP = 2**32 - 1
MOST_PARTS = 20_000
"""Parts of one mix; they are added up here and never shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Requests of one workload on one model whose tokens all cost the same, added up."""

    workload: str
    model: str
    input_above: int
    """The largest cut that each request's input tokens exceed; 0 below the first."""
    priced: bool
    easy: bool
    long: bool
    requests: int
    errors: int
    input_tokens: int
    cached_tokens: int
    """Of the input, what the provider had kept."""
    output_tokens: int
    over_cap: int
    """Output tokens beyond the cap."""
    cost: Decimal
    """As recorded; 0 when not priced."""

    def at(self, price: ListPrice) -> Decimal:
        """What this part costs at these list prices."""
        return self.tier(price).cost(self.requests, self.input_tokens, self.output_tokens, self.cached_tokens)

    def tier(self, price: ListPrice) -> Tier:
        """The tier of these prices that all requests of this part are in."""
        return price.tier(self.input_above + 1)


@dataclass(frozen=True, kw_only=True)
class Cuts:
    """What tells the parts of a mix apart, beside workload and model."""

    prices: Iterable[ListPrice] = ()
    """Each of whose tiers becomes a part."""
    also: Sequence[int] = ()
    easy_input: int = 0
    easy_output: int = 0
    cap: int = NO_CAP


async def mix(reader: TenantReader, scope: Scope, cuts: Cuts) -> list[Part]:
    """The parts of the scope's requests."""
    starts: list[int] = sorted({*cuts.also, *(start for price in cuts.prices for start in price.above)})
    bound = {"cuts": starts, "easy_input": cuts.easy_input, "easy_output": cuts.easy_output, "cap": cuts.cap}
    rows = await reader.rows(QUERIES["mix"], scope, bound, most=MOST_PARTS)
    above: tuple[int, ...] = (0, *starts)
    return [_part(row, above[int(row["tier"])]) for row in rows]


def _part(row: dict[str, Any], above: int) -> Part:
    return Part(
        workload=row["workload_name"],
        model=row["model_name"],
        input_above=above,
        priced=bool(row["priced"]),
        easy=bool(row["easy"]),
        long=bool(row["long"]),
        requests=row["requests"],
        errors=row["errors"],
        input_tokens=row["input_sum"],
        cached_tokens=row["cached_sum"],
        output_tokens=row["output_sum"],
        over_cap=row["over_cap"],
        cost=row["cost"] or Decimal(0),
    )

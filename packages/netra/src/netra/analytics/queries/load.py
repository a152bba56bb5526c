"""What requests add up to, as far as prices tell them apart: by the tier that their input is in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from netra.analytics.list_prices import ListPrice
from netra.analytics.scope import QUERIES, Scope, TenantReader


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """Requests whose tokens all cost the same, added up."""

    requests: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    """Of the input, what the provider had kept."""
    output_tokens: int = 0

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Self:
        """What the rows add up to."""
        found = list(rows)
        return cls(
            requests=sum(row["requests"] for row in found),
            input_tokens=sum(row["input_sum"] for row in found),
            cached_tokens=sum(row["cached_sum"] for row in found),
            output_tokens=sum(row["output_sum"] for row in found),
        )

    def without(self, other: "Load") -> "Load":
        """What is left when the other requests, which are among these, are taken away."""
        return Load(
            requests=self.requests - other.requests,
            input_tokens=self.input_tokens - other.input_tokens,
            cached_tokens=self.cached_tokens - other.cached_tokens,
            output_tokens=self.output_tokens - other.output_tokens,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Tiered:
    """Requests by the largest cut that their input tokens exceed; 0 below the first."""

    whole: Load
    loads: Mapping[int, Load]

    def at(self, price: ListPrice) -> Decimal:
        """What all of them cost at these list prices."""
        costs = (
            price.tier(above + 1).cost(load.requests, load.input_tokens, load.output_tokens, load.cached_tokens)
            for above, load in self.loads.items()
        )
        return sum(costs, Decimal(0))


async def tiered(
    reader: TenantReader, scope: Scope, whole: Load, prices: Iterable[ListPrice], input_most: int
) -> Tiered:
    """The scope's requests, `whole` together, by tier; they are read singly only if `input_most` passes a tier."""
    cuts = sorted({start for price in prices for start in price.above})
    rows: Sequence[Mapping[str, Any]] = ()
    if cuts and input_most > cuts[0]:
        rows = await reader.rows(QUERIES["above"], scope, {"cuts": cuts})
    above = {cuts[int(row["tier"]) - 1]: Load.of([row]) for row in rows}
    return Tiered(whole=whole, loads={0: whole.without(Load.of(rows)), **above})

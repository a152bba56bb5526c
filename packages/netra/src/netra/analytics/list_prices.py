"""What a model costs by the public price catalogue at one moment: tier by tier, cached and in batches too."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from genai_prices.types import ModelPrice, TieredPrices

from netra.analytics.pricing import MILLION, Catalogued, PriceCatalogue

THOUSAND = 1000
Rate = Decimal | TieredPrices | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tier:
    """US dollars a request and a token; None where the catalogue states no such price."""

    request: Decimal
    input: Decimal
    output: Decimal
    cache_read: Decimal | None
    cache_write: Decimal | None
    batch_input: Decimal | None
    batch_output: Decimal | None

    @property
    def kept(self) -> Decimal:
        """An input token that the provider had kept."""
        return self.input if self.cache_read is None else self.cache_read

    def cost(self, requests: int, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> Decimal:
        """The cost of so many requests of this tier; the cached tokens are among those of the input."""
        inputs = self.input * (input_tokens - cached_tokens) + self.kept * cached_tokens
        return self.request * requests + inputs + self.output * output_tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class ListPrice:
    """One model's prices; a request belongs to the tier after the last of `above` that its input exceeds."""

    provider: str
    above: tuple[int, ...]
    tiers: tuple[Tier, ...]

    def tier(self, input_tokens: int) -> Tier:
        """The prices of a request with so many input tokens."""
        return self.tiers[bisect_left(self.above, input_tokens)]


def list_prices(models: Iterable[str], at: datetime) -> Mapping[str, ListPrice]:
    """The prices of those models that have one at this moment."""
    catalogue = PriceCatalogue()
    known = {model: catalogue.find(model) for model in models}
    found = {model: _price(entry, at) for model, entry in known.items() if entry is not None}
    return {model: price for model, price in found.items() if price is not None}


def _price(known: Catalogued, at: datetime) -> ListPrice | None:
    usual = known.model.get_prices(at)
    if usual.input_mtok is None or usual.output_mtok is None:
        return None
    batch = known.model.get_prices(at, {"processing": "batch"})
    above = _above(usual.input_mtok, usual.output_mtok, usual.cache_read_mtok, usual.cache_write_mtok)
    return ListPrice(
        provider=known.provider,
        above=above,
        tiers=tuple(_tier(usual, batch, tokens) for tokens in (0, *(start + 1 for start in above))),
    )


def _above(*rates: Rate) -> tuple[int, ...]:
    return tuple(sorted({tier.start for rate in rates if isinstance(rate, TieredPrices) for tier in rate.tiers}))


def _tier(usual: ModelPrice, batch: ModelPrice, tokens: int) -> Tier:
    has_batch = (batch.input_mtok, batch.output_mtok) != (usual.input_mtok, usual.output_mtok)
    return Tier(
        request=(_at(usual.requests_kcount, tokens) or Decimal(0)) / THOUSAND,
        input=_token(usual.input_mtok, tokens) or Decimal(0),
        output=_token(usual.output_mtok, tokens) or Decimal(0),
        cache_read=_token(usual.cache_read_mtok, tokens),
        cache_write=_token(usual.cache_write_mtok, tokens),
        batch_input=_token(batch.input_mtok, tokens) if has_batch else None,
        batch_output=_token(batch.output_mtok, tokens) if has_batch else None,
    )


def _token(rate: Rate, tokens: int) -> Decimal | None:
    price = _at(rate, tokens)
    return None if price is None else price / MILLION


def _at(rate: Rate, tokens: int) -> Decimal | None:
    """The rate of a request with so many input tokens: a dearer tier holds for all of its tokens."""
    if not isinstance(rate, TieredPrices):
        return rate
    return next((tier.price for tier in reversed(rate.tiers) if tokens > tier.start), rate.base)

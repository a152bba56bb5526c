"""What one request costs by the public price catalogue (genai-prices), at the prices of its own day."""

import bisect
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from genai_prices import Usage, calc_price
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

from netra.analytics.quantities import USD_STEP

MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """US dollars a request and a token, within one tier of one model's prices."""

    request: Decimal
    input_token: Decimal
    cached_token: Decimal
    """An input token that the provider had kept."""
    output_token: Decimal

    def cost(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> Decimal:
        """The cost of one request, rounded to 12 decimals; the cached tokens are among those of the input."""
        inputs = self.input_token * (input_tokens - cached_tokens) + self.cached_token * cached_tokens
        return (self.request + inputs + self.output_token * output_tokens).quantize(USD_STEP)


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalogued:
    """A model as the catalogue knows it, and the provider whose prices are taken."""

    model: ModelInfo
    provider: str


class PriceCatalogue:
    """Prices requests; remembers what it looked up, since the catalogue's own search takes a tenth of a millisecond."""

    def __init__(self) -> None:
        """Start without any memory."""
        self._models: dict[tuple[str, str], Catalogued | None] = {}
        self._rates: dict[tuple[int, int], Rates] = {}
        self._thresholds: dict[int, list[int]] = {}

    def find(self, model: str, provider: str = "") -> Catalogued | None:
        """The model under this name, at this provider or its own; None when the catalogue has no price."""
        key = (model, provider)
        if key not in self._models:
            self._models[key] = _look_up(model, provider)
        return self._models[key]

    def cost(
        self, known: Catalogued, at: datetime, input_tokens: int, output_tokens: int, cached_tokens: int = 0
    ) -> Decimal:
        """What this request cost at the prices of that moment; the cached tokens are among those of the input."""
        price = known.model.get_prices(at)
        thresholds = self._thresholds.get(id(price))
        if thresholds is None:
            thresholds = self._thresholds[id(price)] = _thresholds(price)
        tier = bisect.bisect_left(thresholds, input_tokens)
        key = (id(price), tier)
        if key not in self._rates:
            self._rates[key] = _rates(price, input_tokens)
        return self._rates[key].cost(input_tokens, output_tokens, cached_tokens)


def _look_up(model: str, provider: str) -> Catalogued | None:
    try:
        found = calc_price(Usage(input_tokens=1, output_tokens=1), model, provider_id=provider or None)
    except LookupError:
        return None
    return Catalogued(model=found.model, provider=found.provider.id)


def _thresholds(price: ModelPrice) -> list[int]:
    """The numbers of input tokens above which a dearer tier begins."""
    prices = (price.input_mtok, price.output_mtok)
    return sorted({tier.start for p in prices if isinstance(p, TieredPrices) for tier in p.tiers})


def _rates(price: ModelPrice, input_tokens: int) -> Rates:
    """Ask the catalogue for the rates of the tier that this many input tokens are in."""
    sample = max(input_tokens, 1)
    priced = price.calc_price(Usage(input_tokens=sample, output_tokens=MILLION))
    kept = price.calc_price(Usage(input_tokens=sample, cache_read_tokens=sample, output_tokens=0))
    return Rates(
        request=priced["total_price"] - priced["input_price"] - priced["output_price"],
        input_token=priced["input_price"] / sample,
        cached_token=kept["input_price"] / sample,
        output_token=priced["output_price"] / MILLION,
    )

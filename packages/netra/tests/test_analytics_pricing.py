"""Prices are the catalogue's, by model, provider, tier and day; no price is no price."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given
from hypothesis import strategies as st

from netra.analytics.pricing import PriceCatalogue
from netra.analytics.quantities import USD_STEP

CATALOGUE = PriceCatalogue()
MODELS = [
    ("gpt-4o", ""),
    ("gpt-4o-mini-2024-07-18", ""),
    ("claude-sonnet-4-5", ""),
    ("gemini-2.5-pro", "google"),
    ("deepseek-chat", "deepseek"),
    ("mistral-large-latest", ""),
]
"""Among them prices with tiers by input length, and prices that depend on date and hour."""


@given(
    named=st.sampled_from(MODELS),
    at=st.datetimes(datetime(2023, 1, 1), datetime(2026, 11, 1)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001
    tokens_in=st.integers(0, 1_000_000),
    tokens_out=st.integers(0, 100_000),
)
def test_a_cost_equals_the_catalogues_own_calculation(
    named: tuple[str, str], at: datetime, tokens_in: int, tokens_out: int
) -> None:
    model, provider = named
    known = CATALOGUE.find(model, provider)
    assert known is not None
    usage = Usage(input_tokens=tokens_in, output_tokens=tokens_out)
    own = calc_price(usage, model, provider_id=provider or None, genai_request_timestamp=at).total_price
    assert CATALOGUE.cost(known, at, tokens_in, tokens_out) == own.quantize(USD_STEP)


@pytest.mark.parametrize("model", ["", "unknown", "smollm2-135m", "gpt 4o; drop table"])
def test_a_model_the_catalogue_does_not_have_has_no_price(model: str) -> None:
    assert CATALOGUE.find(model) is None


def test_the_tier_is_that_of_the_input() -> None:
    known = CATALOGUE.find("claude-sonnet-4-5")
    assert known
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert CATALOGUE.cost(known, at, 200_000, 0) == Decimal("0.6")
    assert CATALOGUE.cost(known, at, 200_001, 0) == Decimal("1.200006")

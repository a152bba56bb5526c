"""Exact amounts, shares and changes, and how they are written as JSON."""

import math
from decimal import Decimal
from typing import Annotated

from pydantic import PlainSerializer

Usd = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""US dollars, exact to 12 decimals; in JSON the nearest double (15 significant digits)."""

USD_STEP = Decimal("0.000000000001")
"""The smallest amount stored: prices per million tokens have at most 6 decimals."""


def share_pct(part: Decimal | float, whole: Decimal | float) -> float | None:
    """The part in percent of the whole; None when the whole is 0."""
    return None if whole == 0 else float(part) * 100 / float(whole)


def change_pct(before: Decimal | float, after: Decimal | float) -> float | None:
    """The change in percent of the value before; None when that is 0."""
    return None if before == 0 else (float(after) - float(before)) * 100 / float(before)


def quantile(value: float | None) -> float | None:
    """A quantile from ClickHouse, rounded to 6 decimals against interpolation noise; None for nan, that of nothing."""
    return None if value is None or math.isnan(value) else round(float(value), 6)

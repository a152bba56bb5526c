"""Which quantities move together: over time steps, or from request to request."""

from typing import Literal

from pydantic import Field

from netra.analytics.queries.series import Step, Stepped
from netra.analytics.scope import Frozen

Level = Literal["step", "request"]
Quantity = Literal["requests", "errors", "input_tokens", "output_tokens", "cost", "latency"]
STRONG = 0.7
"""|r| from which two quantities are said to move together strongly."""


class CorrelationQuestion(Stepped):
    """A scope, and whether to compare time steps or single requests."""

    level: Level = Field(
        default="step",
        description="`step` compares sums (latency: medians) of time steps; `request` compares single requests.",
    )
    quantities: tuple[Quantity, ...] = Field(
        default=(),
        description="Only pairs of these; empty means all. `requests` and `errors` exist for steps only.",
    )


class Correlation(Frozen):
    """Two quantities."""

    x: Quantity
    y: Quantity
    n: int
    """Steps or requests in which both have a value."""
    pearson: float
    """-1 to 1: linear dependence."""
    low: float | None
    """95 % interval of `pearson` by Fisher's transformation; None below 4 values or at |r| = 1."""
    high: float | None
    spearman: float
    """-1 to 1: dependence of ranks, which outliers do not bend."""
    strong: bool


class Correlations(Frozen):
    """Every pair that could be compared, the strongest first; moving together is no proof of cause."""

    level: Level
    step: Step | None
    """None for requests."""
    n: int
    """Complete steps, or requests."""
    strong_limit: float
    pairs: tuple[Correlation, ...]
    left_out: tuple[Quantity, ...]
    """Quantities that never change, or have fewer than 3 values, and so correlate with nothing."""

"""What the same requests would cost on other models, beside what each model's own requests show."""

from datetime import datetime

from pydantic import Field

from netra.analytics.quantities import Usd
from netra.analytics.queries.assumptions import Assumption
from netra.analytics.scope import Frozen, Scope


class CompareQuestion(Scope):
    """Whose requests make the token mix, and which models to put it on."""

    candidates: tuple[str, ...] = Field(
        default=(),
        max_length=20,
        description="Models to compare, used so far or not; empty means the models of the data. "
        "The token mix is that of all requests in scope.",
    )


class Observed(Frozen):
    """What the model's own requests in scope show; they are not the same requests for each model."""

    requests: int
    errors: int
    error_pct: float
    mean_input_tokens: float
    mean_output_tokens: float
    p50_ms: float | None
    p95_ms: float | None
    cost_per_1k_requests_usd: Usd | None
    """Recorded cost of the priced requests, per thousand of them."""


class ComparedModel(Frozen):
    """One model: the whole mix at its list prices of today, and its own record."""

    model: str
    provider: str
    """Whose list price is taken; empty when the catalogue knows none."""
    input_usd_per_mtok: Usd | None
    """List price of a million input tokens, in the first tier."""
    output_usd_per_mtok: Usd | None
    cost_usd: Usd | None
    """All requests of the mix on this model; None without a list price."""
    cost_per_1k_requests_usd: Usd | None
    change_pct: float | None
    """Against the mix's cost as recorded; None when requests of the mix have no price."""
    observed: Observed | None
    """None when the model has no request in scope."""


class ModelComparison(Frozen):
    """Models at an equal token mix, cheapest first, those without a list price last."""

    requests: int
    """Of the mix."""
    input_tokens: int
    output_tokens: int
    unpriced: int
    recorded_cost_usd: Usd | None
    """Of the mix's priced requests."""
    prices_at: datetime
    models: tuple[ComparedModel, ...]
    assumptions: tuple[Assumption, ...]

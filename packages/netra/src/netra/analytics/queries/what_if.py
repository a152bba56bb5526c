"""What a change of use would save: in the requests that were made, with a range, what it assumes and what it risks."""

from typing import Literal, Self

from pydantic import Field, model_validator

from netra.analytics.quantities import Usd
from netra.analytics.queries.assumptions import Assumption
from netra.analytics.scope import Frozen, Scope

Kind = Literal["move_share", "prompt_caching", "batching", "output_cap", "route_by_difficulty"]
Risk = Literal["none", "low", "medium", "high"]
NEEDS: dict[Kind, tuple[str, ...]] = {
    "move_share": ("from_model", "to_model"),
    "prompt_caching": (),
    "batching": (),
    "output_cap": ("max_output_tokens",),
    "route_by_difficulty": ("from_model", "to_model"),
}


class WhatIfQuestion(Scope):
    """Which requests, and what would be different about them."""

    kind: Kind = Field(description="What would be changed.")
    from_model: str = Field(
        default="",
        max_length=200,
        description="The model whose requests change; required for move_share and route_by_difficulty, else all.",
    )
    to_model: str = Field(
        default="", max_length=200, description="The model that takes over; for move_share and route_by_difficulty."
    )
    share_pct: float = Field(
        default=100,
        gt=0,
        le=100,
        description="Percent of the chosen requests that change; for move_share and batching.",
    )
    cached_prefix_pct: float = Field(
        default=50,
        gt=0,
        le=100,
        description="Percent of each prompt that repeats from request to request; for prompt_caching.",
    )
    hit_rate_pct: float = Field(
        default=80,
        ge=0,
        le=100,
        description="Percent of requests that find the prefix in the cache; for prompt_caching.",
    )
    max_output_tokens: int | None = Field(
        default=None, ge=1, le=10_000_000, description="No answer longer than this many tokens; for output_cap."
    )
    easy_input_tokens: int | None = Field(
        default=None,
        ge=1,
        le=10_000_000,
        description="A request is easy up to this many input tokens; empty takes the median. For route_by_difficulty.",
    )
    easy_output_tokens: int | None = Field(
        default=None,
        ge=1,
        le=10_000_000,
        description="A request is easy up to this many output tokens; empty takes the median. For route_by_difficulty.",
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if missing := [name for name in NEEDS[self.kind] if not getattr(self, name)]:
            message = f"{self.kind} needs {' and '.join(missing)}"
            raise ValueError(message)
        if self.to_model and self.to_model == self.from_model:
            raise ValueError("from_model and to_model are the same")
        return self


class Saving(Frozen):
    """What the change saves, negative when it costs more; low <= expected <= high."""

    usd: Usd
    """In the period of the data."""
    low_usd: Usd
    high_usd: Usd
    pct: float | None
    """Of the recorded cost of all priced requests in scope."""
    low_pct: float | None
    high_pct: float | None
    monthly_usd: Usd | None
    """In 30 days at the rate of the data's period; None when that is shorter than a day."""
    monthly_low_usd: Usd | None
    monthly_high_usd: Usd | None


class SavingLine(Frozen):
    """One workload on one model: what changes there."""

    workload: str
    model: str
    requests: int
    """Priced requests that change."""
    cost_usd: Usd
    """Of these, as recorded."""
    saving_usd: Usd


class QualityRisk(Frozen):
    """What the change may do to the answers; never more certain than the data."""

    level: Risk
    why: str
    cut_answers_pct: float | None = None
    """For output_cap: the percentage of answers that would have been cut."""
    from_error_pct: float | None = None
    """Failed requests of the model that is left, in scope."""
    to_error_pct: float | None = None
    """Failed requests of the model that takes over, in scope; None when it has none there."""
    to_requests: int | None = None
    """Requests of the model that takes over, in scope: what is known of it here."""


class WhatIf(Frozen):
    """One change and its estimate."""

    kind: Kind
    possible: bool
    """Whether the estimate could be made; if not, `why_not` says why and all amounts are 0."""
    why_not: str
    days: float
    """From the first to the last request in scope, or the asked period where both its ends are given."""
    requests: int
    """In scope."""
    unpriced: int
    """Of these, without a recorded cost: in no amount."""
    affected_requests: int
    """Priced requests that change, before a share is taken of them."""
    cost_usd: Usd
    """Recorded, of all priced requests in scope."""
    affected_cost_usd: Usd
    cost_after_usd: Usd
    """`cost_usd` less the expected saving."""
    saving: Saving
    lines: tuple[SavingLine, ...]
    """Where it comes from, the largest saving first."""
    assumptions: tuple[Assumption, ...]
    quality_risk: QualityRisk

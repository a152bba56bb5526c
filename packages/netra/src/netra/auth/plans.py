"""What each plan allows: one table."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field

from netra.auth.principal import Plan


class PlanLimits(BaseModel):
    """What one person may use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages_per_hour: int = Field(gt=0)
    sockets: int = Field(gt=0)
    """Open at once, over all web processes."""
    open_runs: int = Field(gt=0)
    """Waiting or executed at once."""
    tokens_per_day: int = Field(gt=0)
    """Of all model calls since midnight UTC, input and output."""
    cost_usd_per_day: float = Field(gt=0)


PLANS: Mapping[Plan, PlanLimits] = MappingProxyType(
    {
        "free": PlanLimits(
            messages_per_hour=100, sockets=10, open_runs=20, tokens_per_day=200_000, cost_usd_per_day=1.0
        ),
        "pro": PlanLimits(
            messages_per_hour=1000, sockets=50, open_runs=100, tokens_per_day=5_000_000, cost_usd_per_day=25.0
        ),
        "enterprise": PlanLimits(
            messages_per_hour=10_000,
            sockets=10_000,
            open_runs=1000,
            tokens_per_day=500_000_000,
            cost_usd_per_day=2500.0,
        ),
    }
)

"""What each plan allows: one table."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field

from netra.auth.principal import Plan

MIB = 1024 * 1024


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
    import_bytes: int = Field(gt=0)
    """Of one file of usage data that comes over HTTP."""
    data_days: int = Field(gt=0)
    """For how long usage data is kept, from the day it came."""


PLANS: Mapping[Plan, PlanLimits] = MappingProxyType(
    {
        "free": PlanLimits(
            messages_per_hour=100,
            sockets=10,
            open_runs=20,
            tokens_per_day=200_000,
            cost_usd_per_day=1.0,
            import_bytes=100 * MIB,
            data_days=90,
        ),
        "pro": PlanLimits(
            messages_per_hour=1000,
            sockets=50,
            open_runs=100,
            tokens_per_day=5_000_000,
            cost_usd_per_day=25.0,
            import_bytes=1024 * MIB,
            data_days=400,
        ),
        "enterprise": PlanLimits(
            messages_per_hour=10_000,
            sockets=10_000,
            open_runs=1000,
            tokens_per_day=500_000_000,
            cost_usd_per_day=2500.0,
            import_bytes=10 * 1024 * MIB,
            data_days=1100,
        ),
    }
)

"""What the health documents say."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Step = Literal["dns", "connect", "auth", "query", "pool"]
ErrorClass = Literal["timeout", "unresolved", "refused", "unreachable", "rejected", "failed", "absent", "unknown"]
Overall = Literal["healthy", "degraded", "unhealthy"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Reading(_Frozen):
    """One probe of one dependency: how far it got, and how long each step took."""

    status: Literal["ok", "failed", "not_configured"]
    dns_ms: float | None = Field(default=None, description="Looking the host up.")
    connect_ms: float | None = Field(default=None, description="Until the TCP connection stood.")
    auth_ms: float | None = Field(default=None, description="Logging in.")
    query_ms: float | None = Field(default=None, description="Until the answer of one smallest question.")
    pool_wait_ms: float | None = Field(default=None, description="Waiting for a connection of this process's pool.")
    failed_at: Step | None = Field(default=None, description="The step that failed; later steps were not tried.")
    error_class: ErrorClass | None = None
    message: str = ""


class Dependency(Reading):
    """A reading with what it means for the service."""

    required: bool = Field(description="Whether the service is unhealthy without it; otherwise it is degraded.")
    since: datetime = Field(description="When the present status began, as far as this process has seen.")


class PhaseRecord(_Frozen):
    """How one startup phase went."""

    name: str
    outcome: Literal["ok", "degraded", "failed"]
    ms: float
    message: str = ""


class HealthDocument(_Frozen):
    """Everything the service depends on."""

    status: Overall
    service: str = "netra"
    version: str
    revision: str
    environment: str
    at: datetime = Field(description="When the dependencies were probed; at most a second ago.")
    uptime_s: float
    probe_ms: float = Field(description="How long the probing took; dependencies are probed side by side.")
    dependencies: dict[str, Dependency]
    startup: tuple[PhaseRecord, ...]


class Reason(_Frozen):
    """Why the service should get no traffic."""

    component: str
    message: str


class Readiness(_Frozen):
    """Whether the service may take traffic."""

    ready: bool
    reasons: tuple[Reason, ...] = ()


class Liveness(_Frozen):
    """The process answers."""

    alive: Literal[True] = True


class Version(_Frozen):
    """Which revision answers, and with which configuration."""

    service: str = "netra"
    version: str
    revision: str
    config_fingerprint: str
    contract_version: str
    environment: str
    started_at: datetime

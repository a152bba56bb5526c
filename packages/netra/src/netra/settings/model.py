"""What netra reads from its environment, as frozen records.

Everything else receives these values by constructor argument; `netra.settings.contract` fills them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr

Environment = Literal["local", "test", "staging", "production"]
Role = Literal["triage", "data_helper", "data", "optimization", "actions", "reporting"]
ROLES: tuple[Role, ...] = get_args(Role)
ProviderKind = Literal["openai", "anthropic", "google", "openai_compatible"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PostgresSettings(_Frozen):
    """Where PostgreSQL is: POSTGRES_HOST, _PORT, _DB, _USER, _PASSWORD, _TLS."""

    host: str
    port: int = 5432
    db: str = "netra"
    user: str = "netra"
    password: SecretStr
    tls: Literal["disable", "prefer", "require", "verify-full"] = "prefer"


class RedisSettings(_Frozen):
    """Where Valkey or Redis is: REDIS_HOST, _PORT, _PASSWORD."""

    host: str
    port: int = 6379
    password: SecretStr


class ClickHouseSettings(_Frozen):
    """Where ClickHouse's HTTP door is: CLICKHOUSE_HOST, _PORT, _DB, _USER, _PASSWORD."""

    host: str
    port: int = 8123
    db: str = "default"
    user: str = "default"
    password: SecretStr


class ProviderSettings(_Frozen):
    """An account at an endpoint for language models."""

    name: str
    kind: ProviderKind
    base_url: str
    api_key: SecretStr
    key_variable: str = "LLM_API_KEY"
    lists_models: bool = True


class ModelSettings(_Frozen):
    """One model at one provider."""

    provider: ProviderSettings
    name: str
    """As the provider calls it."""
    temperature: float | None = 0.0


class RetrySettings(_Frozen):
    """How often and how patiently one model is asked again, before the next one is."""

    tries: int = Field(default=2, ge=1, le=5, description="Of one model for one request, the first one included.")
    base_s: float = Field(default=0.4, gt=0, le=10, description="Mean wait before the second try; doubles each time.")
    most_s: float = Field(default=8.0, gt=0, le=60, description="A longer wait, asked for or not, is not waited out.")


class BreakerSettings(_Frozen):
    """When a provider that keeps failing is left alone."""

    failures: int = Field(default=5, ge=1, le=100, description="In a row, after which the provider is not asked.")
    open_s: float = Field(default=10.0, gt=0, le=600, description="Until one request tries again; doubles if it fails.")
    longest_s: float = Field(default=120.0, gt=0, le=3600, description="The doubling ends here.")


class LLMSettings(_Frozen):
    """Which models serve which role: from LLM_CONFIG, or from LLM_BASE_URL, LLM_MODEL, LLM_API_KEY and LLM_ROLES."""

    roles: Mapping[Role, tuple[ModelSettings, ...]]
    """Models in the order they are asked; the builtin analyst serves roles that are absent."""
    retry: RetrySettings = RetrySettings()
    breaker: BreakerSettings = BreakerSettings()
    cache_ttl_s: int = 0
    """How long answers to equal prompts of one person are kept; 0: never."""

    @property
    def models(self) -> tuple[ModelSettings, ...]:
        """Every model that serves a role, once."""
        return tuple(dict.fromkeys(model for models in self.roles.values() for model in models))

    @property
    def providers(self) -> tuple[ProviderSettings, ...]:
        """Every provider of such a model, once."""
        return tuple(dict.fromkeys(model.provider for model in self.models))


class OidcSettings(_Frozen):
    """The OpenID Connect provider that people may log in with: OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET."""

    issuer: str
    client_id: str
    client_secret: SecretStr


class WebSettings(_Frozen):
    """The web process: WEB_HOST, WEB_PORT, PUBLIC_URL, CORS_ORIGINS, WEB_TRUSTED_PROXIES."""

    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    cors_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    """Behind a proxy that is not listed, all clients share its address and so its limits."""


class TelemetrySettings(_Frozen):
    """What is told to whom: METRICS_TOKEN, WORKER_METRICS_HOST, _PORT and the OTEL_ variables."""

    metrics_token: SecretStr | None = None
    worker_metrics_host: str = "127.0.0.1"
    worker_metrics_port: int | None = None
    collector: str = ""
    """Empty: no traces are made."""
    collector_headers: SecretStr | None = None
    trace_share: float = 1.0
    trace_content: bool = False


class Settings(_Frozen):
    """The whole contract, filled. `None` only where the variable group is optional and absent."""

    environment: Environment
    revision: str
    """NETRA_REVISION: which deployed version this is; echoed by every door."""
    fingerprint: str
    """Of the effective configuration; equal when two processes run with the same values."""
    state_dir: Path
    """NETRA_STATE_DIR: where embedded servers and local keys live (default `.netra`)."""
    worklogs_dir: Path | None = None
    """WORKLOGS_DIR: whose worklogs operators may read; None: there are none."""
    mcp_private_origins: tuple[str, ...] = ()
    """MCP_PRIVATE_ORIGINS: MCP servers that are not public and may be used all the same."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    postgres: PostgresSettings
    redis: RedisSettings
    clickhouse: ClickHouseSettings
    llm: LLMSettings | None = None
    """None: the builtin analyst serves every role."""
    web: WebSettings
    telemetry: TelemetrySettings = TelemetrySettings()
    auth_signing_key: SecretStr
    """AUTH_SIGNING_KEY: base64url of the 32-byte Ed25519 seed that signs access tokens."""
    auth_previous_keys: tuple[SecretStr, ...] = ()
    """AUTH_PREVIOUS_KEYS: seeds whose access tokens are accepted too."""
    oidc: OidcSettings | None = None
    """None: nobody logs in through an identity provider."""

"""The door of the contract: read the environment, check it whole, and fill `Settings`."""

import hashlib
import hmac
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import SecretStr

from netra.errors import ConfigError
from netra.settings.foreign import foreign
from netra.settings.llm import content, key_variables, llm_settings, llm_violations
from netra.settings.model import (
    ClickHouseSettings,
    Environment,
    OidcSettings,
    PostgresSettings,
    RedisSettings,
    Settings,
    TelemetrySettings,
    WebSettings,
)
from netra.settings.rules import Violation, violations
from netra.settings.variables import VARIABLES, Variable

VERSION = "2"
"""Of the contract; a new required variable or a stricter rule raises it."""
LOG = logging.getLogger(__name__)
_ignored: list[str] = []
ENVIRONMENTS: tuple[Environment, ...] = ("local", "test", "staging", "production")


def process_environment() -> Mapping[str, str]:
    """The environment of this process: the only place that reads it.

    What libraries would read behind the contract is taken out of it, for two processes of one fingerprint behave alike.
    """
    for name in foreign(os.environ):
        del os.environ[name]
        _ignored.append(name)
    return os.environ


def warn() -> None:
    """Log which variables count for nothing here."""
    if _ignored:
        LOG.warning("ignored, for the contract does not name them: %s", ", ".join(_ignored))


def environment_of(environ: Mapping[str, str]) -> Environment:
    """Which environment these variables say they are; an unknown name is checked as `local` and reported."""
    name = environ.get("ENVIRONMENT", "local")
    return name if name in ENVIRONMENTS else "local"


def check(environ: Mapping[str, str]) -> tuple[Violation, ...]:
    """Every violation of the contract, for the environment the variables name."""
    environment = environment_of(environ)
    return (*violations(environ, environment), *llm_violations(environ, environment))


def load(environ: Mapping[str, str]) -> Settings:
    """Fill the settings; raises ConfigError that names every violation at once.

    In `local` the datastores may be absent from the contract's point of view, but a process that needs them does
    not start without: `netra up` fills them in from the embedded servers.
    """
    found = [*check(environ), *_absent(environ)]
    if found:
        listed = "; ".join(f"{v.variable} {v.message}" for v in found)
        raise ConfigError(listed, where="environment", hint="netra config check lists the rules")
    return _filled({v.name: environ.get(v.name, v.default) or "" for v in VARIABLES}, environ)


def fingerprint(environ: Mapping[str, str]) -> str:
    """A short name of the effective configuration, equal for every process of one revision.

    HMAC-SHA256 over the sorted `NAME=value` lines, keyed by AUTH_SIGNING_KEY so that no secret can be guessed from it.
    """
    values = {v.name: environ.get(v.name, v.default) or "" for v in VARIABLES if not v.process_only}
    values |= {"LLM_CONFIG": content(environ), **{name: environ.get(name, "") for name in key_variables(environ)}}
    lines = sorted(f"{name}={value}" for name, value in values.items())
    key = environ.get("AUTH_SIGNING_KEY", "").encode()
    return hmac.new(key, "\n".join(lines).encode(), hashlib.sha256).hexdigest()[:16]


def shown(environ: Mapping[str, str]) -> dict[str, str]:
    """Each variable's effective value for people; of a secret only whether it is set and how long it is."""
    result: dict[str, str] = {}
    keys = [Variable(name=name, meaning="A key that LLM_CONFIG names.", secret=True) for name in key_variables(environ)]
    for variable in (*VARIABLES, *keys):
        value = environ.get(variable.name, variable.default)
        if variable.secret:
            result[variable.name] = f"set ({len(value)} characters)" if value else "not set"
        else:
            result[variable.name] = "not set" if value is None else value
    return result


def _absent(environ: Mapping[str, str]) -> list[Violation]:
    if environment_of(environ) != "local":
        return []
    needed = [v.name for v in VARIABLES if v.required_in and v.default is None and v.name != "PUBLIC_URL"]
    message = "not set; `netra up` starts embedded servers and sets it"
    return [Violation(variable=n, rule="missing", message=message) for n in needed if n not in environ]


def _filled(value: dict[str, str], environ: Mapping[str, str]) -> Settings:
    return Settings(
        environment=environment_of(value),
        revision=value["NETRA_REVISION"],
        fingerprint=fingerprint(environ),
        state_dir=Path(value["NETRA_STATE_DIR"]),
        worklogs_dir=Path(value["WORKLOGS_DIR"]) if value["WORKLOGS_DIR"] else None,
        mcp_private_origins=tuple(o for o in value["MCP_PRIVATE_ORIGINS"].split(",") if o),
        log_level=cast("Any", value["LOG_LEVEL"]),
        postgres=PostgresSettings(
            host=value["POSTGRES_HOST"],
            port=int(value["POSTGRES_PORT"]),
            db=value["POSTGRES_DB"],
            user=value["POSTGRES_USER"],
            password=SecretStr(value["POSTGRES_PASSWORD"]),
            tls=cast("Any", value["POSTGRES_TLS"]),
        ),
        redis=RedisSettings(
            host=value["REDIS_HOST"],
            port=int(value["REDIS_PORT"]),
            password=SecretStr(value["REDIS_PASSWORD"]),
        ),
        clickhouse=ClickHouseSettings(
            host=value["CLICKHOUSE_HOST"],
            port=int(value["CLICKHOUSE_PORT"]),
            db=value["CLICKHOUSE_DB"],
            user=value["CLICKHOUSE_USER"],
            password=SecretStr(value["CLICKHOUSE_PASSWORD"]),
        ),
        llm=llm_settings(environ),
        web=WebSettings(
            host=value["WEB_HOST"],
            port=int(value["WEB_PORT"]),
            public_url=value["PUBLIC_URL"],
            cors_origins=tuple(o for o in value["CORS_ORIGINS"].split(",") if o),
            trusted_proxies=tuple(p for p in value["WEB_TRUSTED_PROXIES"].split(",") if p),
        ),
        telemetry=_telemetry(value),
        auth_signing_key=SecretStr(value["AUTH_SIGNING_KEY"]),
        auth_previous_keys=tuple(SecretStr(k) for k in value["AUTH_PREVIOUS_KEYS"].split(",") if k),
        oidc=_oidc(value),
    )


def _oidc(value: dict[str, str]) -> OidcSettings | None:
    if not value["OIDC_ISSUER"]:
        return None
    return OidcSettings(
        issuer=value["OIDC_ISSUER"],
        client_id=value["OIDC_CLIENT_ID"],
        client_secret=SecretStr(value["OIDC_CLIENT_SECRET"]),
    )


def _telemetry(value: dict[str, str]) -> TelemetrySettings:
    return TelemetrySettings(
        metrics_token=_optional_secret(value["METRICS_TOKEN"]),
        worker_metrics_host=value["WORKER_METRICS_HOST"],
        worker_metrics_port=int(value["WORKER_METRICS_PORT"]) if value["WORKER_METRICS_PORT"] else None,
        collector=value["OTEL_EXPORTER_OTLP_ENDPOINT"],
        collector_headers=_optional_secret(value["OTEL_EXPORTER_OTLP_HEADERS"]),
        trace_share=float(value["OTEL_TRACES_SAMPLER_ARG"]),
        trace_content=value["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] == "true",
    )


def _optional_secret(value: str) -> SecretStr | None:
    return SecretStr(value) if value else None

"""The contract as data: every variable netra reads, and where it must be set."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from netra.settings.model import Environment

Kind = Literal[
    "text",
    "host",
    "port",
    "url",
    "origins",
    "roles",
    "choice",
    "key",
    "keys",
    "networks",
    "collector",
    "pairs",
    "ratio",
]
DEPLOYED: tuple[Environment, ...] = ("test", "staging", "production")
PUBLIC: tuple[Environment, ...] = ("staging", "production")
KEYS = "LLM_KEY_"
"""Variables that begin like this hold keys of language models; which there are, the file of LLM_CONFIG says."""
SECRET_LENGTH = 32
"""Shortest secret in characters; 32 bytes of base64url are 43."""


class Variable(BaseModel):
    """One variable of the contract."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    meaning: str
    kind: Kind = "text"
    required_in: tuple[Environment, ...] = ()
    secret: bool = False
    default: str | None = None
    choices: tuple[str, ...] = ()
    group: str = ""
    """Variables of one group are set together or not at all."""
    needed_by: str = ""
    """Outside `local`, a variable that may not be set without this one."""
    https: bool = False
    """An address that only https protects: `staging` and `production` refuse http."""
    process_only: bool = False
    """Differs between processes of one revision, so it is no part of the fingerprint."""


VARIABLES: tuple[Variable, ...] = (
    Variable(
        name="ENVIRONMENT",
        meaning="Which rules apply: local, test, staging or production.",
        kind="choice",
        default="local",
        choices=("local", "test", "staging", "production"),
    ),
    Variable(
        name="NETRA_REVISION",
        meaning="The deployed revision; every door echoes it.",
        required_in=DEPLOYED,
        default="dev",
        process_only=True,
    ),
    Variable(
        name="NETRA_STATE_DIR",
        meaning="Where embedded servers and local keys keep their files.",
        default=".netra",
        process_only=True,
    ),
    Variable(
        name="LOG_LEVEL",
        meaning="debug, info, warning or error.",
        kind="choice",
        default="info",
        choices=("debug", "info", "warning", "error"),
        process_only=True,
    ),
    Variable(name="POSTGRES_HOST", meaning="Host of PostgreSQL.", kind="host", required_in=DEPLOYED),
    Variable(name="POSTGRES_PORT", meaning="Port of PostgreSQL.", kind="port", default="5432"),
    Variable(name="POSTGRES_DB", meaning="Database name.", default="netra"),
    Variable(name="POSTGRES_USER", meaning="Role to log in with.", default="netra"),
    Variable(name="POSTGRES_PASSWORD", meaning="Its password.", required_in=DEPLOYED, secret=True),
    Variable(
        name="POSTGRES_TLS",
        meaning="TLS to PostgreSQL: never, if offered, always, or always with a certificate that is verified.",
        kind="choice",
        default="prefer",
        choices=("disable", "prefer", "require", "verify-full"),
    ),
    Variable(name="REDIS_HOST", meaning="Host of Valkey or Redis.", kind="host", required_in=DEPLOYED),
    Variable(name="REDIS_PORT", meaning="Port of Valkey or Redis.", kind="port", default="6379"),
    Variable(name="REDIS_PASSWORD", meaning="Its password.", required_in=DEPLOYED, secret=True),
    Variable(name="CLICKHOUSE_HOST", meaning="Host of ClickHouse's HTTP door.", kind="host", required_in=DEPLOYED),
    Variable(name="CLICKHOUSE_PORT", meaning="Port of that door.", kind="port", default="8123"),
    Variable(name="CLICKHOUSE_DB", meaning="Database name.", default="default"),
    Variable(name="CLICKHOUSE_USER", meaning="User to log in with.", default="default"),
    Variable(name="CLICKHOUSE_PASSWORD", meaning="Its password.", required_in=DEPLOYED, secret=True),
    Variable(
        name="AUTH_SIGNING_KEY",
        meaning="base64url of the 32-byte Ed25519 seed that signs access tokens.",
        kind="key",
        required_in=DEPLOYED,
        secret=True,
    ),
    Variable(
        name="AUTH_PREVIOUS_KEYS",
        meaning="Comma-separated seeds like AUTH_SIGNING_KEY whose access tokens are accepted too, while keys change.",
        kind="keys",
        secret=True,
    ),
    Variable(
        name="OIDC_ISSUER",
        meaning="The OpenID Connect provider people may log in with, as its discovery document names itself.",
        kind="url",
        group="oidc",
        https=True,
    ),
    Variable(name="OIDC_CLIENT_ID", meaning="What the provider calls netra.", group="oidc"),
    Variable(name="OIDC_CLIENT_SECRET", meaning="What netra proves itself with there.", secret=True, group="oidc"),
    Variable(
        name="LLM_BASE_URL",
        meaning="An OpenAI-compatible endpoint, such as https://models.example.com/v1.",
        kind="url",
        group="llm",
    ),
    Variable(name="LLM_MODEL", meaning="Name of the model at that endpoint.", group="llm"),
    Variable(name="LLM_API_KEY", meaning="Its key.", secret=True, group="llm"),
    Variable(
        name="LLM_ROLES",
        meaning="Roles the model serves, of triage, data_helper, data, optimization, actions and reporting; the "
        "builtin analyst serves the others.",
        kind="roles",
        default="triage,data,reporting",
    ),
    Variable(
        name="LLM_CONFIG",
        meaning="Absolute path of a TOML file with several providers and models, instead of the four above; "
        "each key is in a variable LLM_KEY_… that the file names.",
    ),
    Variable(name="WEB_HOST", meaning="Address the web process binds.", default="127.0.0.1", process_only=True),
    Variable(name="WEB_PORT", meaning="Port the web process binds.", kind="port", default="8000", process_only=True),
    Variable(
        name="PUBLIC_URL",
        meaning="The address people open; `staging` and `production` want https.",
        kind="url",
        required_in=PUBLIC,
        https=True,
    ),
    Variable(
        name="CORS_ORIGINS",
        meaning="Comma-separated origins whose pages may call the API and open the socket.",
        kind="origins",
        default="",
    ),
    Variable(
        name="WEB_TRUSTED_PROXIES",
        meaning="Comma-separated addresses or networks of proxies whose X-Forwarded-For tells who the client is.",
        kind="networks",
        default="",
    ),
    Variable(
        name="MCP_PRIVATE_ORIGINS",
        meaning="Comma-separated origins of MCP servers inside your network that tenants may bring, over http too; "
        "all others must be public and speak https.",
        kind="origins",
        default="",
    ),
    Variable(
        name="WORKLOGS_DIR",
        meaning="Folder of worklogs that operators may read over HTTP, such as the `loops` of goldenpath's state: "
        "each is a folder with worklog.html, worklog.md or both.",
        process_only=True,
    ),
    Variable(
        name="METRICS_TOKEN",
        meaning="Bearer token that /metrics asks for; without one metrics are shown in `local` alone, and no worker "
        "may have a WORKER_METRICS_PORT elsewhere.",
        secret=True,
        needed_by="WORKER_METRICS_PORT",
    ),
    Variable(
        name="WORKER_METRICS_HOST",
        meaning="Address on which a worker serves /metrics.",
        default="127.0.0.1",
        process_only=True,
    ),
    Variable(
        name="WORKER_METRICS_PORT",
        meaning="Port on which a worker serves /metrics; without it none does. `netra up` counts up from it.",
        kind="port",
        process_only=True,
    ),
    Variable(
        name="OTEL_EXPORTER_OTLP_ENDPOINT",
        meaning="Collector of traces, which takes OTLP over HTTP at /v1/traces below this; without it none are made.",
        kind="collector",
    ),
    Variable(
        name="OTEL_EXPORTER_OTLP_HEADERS",
        meaning="Headers for the collector, such as its key: name=value, comma-separated, values percent-encoded.",
        kind="pairs",
        secret=True,
    ),
    Variable(
        name="OTEL_TRACES_SAMPLER_ARG",
        meaning="Share of traces that are recorded, where the caller's traceparent does not decide it.",
        kind="ratio",
        default="1",
    ),
    Variable(
        name="OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        meaning="true: spans hold what people, models and tools said. It leaves netra then.",
        kind="choice",
        default="false",
        choices=("true", "false"),
    ),
)

BY_NAME: dict[str, Variable] = {v.name: v for v in VARIABLES}

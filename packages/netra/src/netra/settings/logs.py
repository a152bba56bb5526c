"""JSON lines on stderr: one fact a line, with the correlation of what is being done.

Anything given through `extra={...}` becomes a field of the line. Known secrets and signed tokens are masked wherever
they appear, so that a library's message cannot spill them.
"""

import json
import logging
import re
import sys
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, NamedTuple

import orjson
from pydantic import SecretStr

from netra.settings.model import Settings

Component = Literal["web", "worker", "cli", "embedded"]
Level = Literal["debug", "info", "warning", "error"]

SIGNED = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+|netra_[0-9a-f]{8}_[\w-]{43}")
"""The shape of a signed token (JWT) and of an API key."""
MASK = "[secret]"
SHORTEST_SECRET = 6
"""Masking shorter values would mask ordinary words."""
QUIET = ("uvicorn.error", "uvicorn.access", "httpx", "httpcore", "httpx2", "httpcore2", "asyncio")
"""Libraries that log each request or address; from them only warnings and worse."""
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class Field(NamedTuple):
    """One field of a line, for the reference and for its test."""

    name: str
    when: str
    meaning: str


ALWAYS = "always"
FIELDS = (
    Field("at", ALWAYS, "When, in UTC, to the millisecond (ISO 8601)."),
    Field("level", ALWAYS, "`debug`, `info`, `warning`, `error` or `critical`."),
    Field("logger", ALWAYS, "The module that says it; of a library, the library's name."),
    Field("event", ALWAYS, "What happened, in words."),
    Field("component", ALWAYS, "`web` or `worker`."),
    Field("revision", ALWAYS, "NETRA_REVISION."),
    Field("request_id", "within a request or socket, and the runs it asked for", "The client's X-Request-ID, or ours."),
    Field("user_id", "once known", "Whose request or run it is."),
    Field("thread_id", "within a run", "The thread of the run."),
    Field("run_id", "within a run", "The run, in the web process and in the worker."),
    Field("trace_id", "when traced here or by the client", "The trace (W3C Trace Context)."),
    Field("method", "`request`, `handshake`, `socket closed`", "Of the request; `WEBSOCKET` for a socket."),
    Field("path", "as `method`", "The path, without its query."),
    Field("client", "as `method`", "The client's address."),
    Field("status", "as `method`, and `run`", "Of the answer; of a run `completed`, `failed`, `cancelled` or `left`."),
    Field("code", "`socket closed`", "The close code."),
    Field("ms", "what took time", "How long, in milliseconds."),
    Field("reason", "`run`", "Why a run did not complete."),
    Field("attempt", "`run`", "Which attempt at the run this was."),
    Field("phase", "`startup phase`", "Its name."),
    Field("outcome", "`startup phase`", "`ok`, `degraded` or `failed`."),
    Field("cause", "`startup phase`", "Why it is not `ok`."),
    Field("stack", "`the event loop is blocked`", "The innermost places of the code that blocks it."),
    Field("where", "failures of a dependency", "Which dependency."),
    Field("error", "as `where`", "What it said."),
    Field("traceback", "defects", "Of the exception."),
)
"""What readers may rely on; `docs/reference/logs.md` is made from it."""

correlation: ContextVar[Mapping[str, str]] = ContextVar("correlation")
"""What is being done: `request_id`, `user_id`, `thread_id`, `run_id`, `trace_id`, as far as known."""


@contextmanager
def correlated(**ids: str) -> Generator[None]:
    """Add these ids to every line logged within the block."""
    token = correlation.set({**correlation.get({}), **ids})
    try:
        yield
    finally:
        correlation.reset(token)


def configure(settings: Settings | Level, component: Component) -> None:
    """Send every logger's lines to stderr as JSON; with settings, their secrets are masked and their revision named."""
    if isinstance(settings, Settings):
        level, revision, secrets = settings.log_level, settings.revision, _secrets(settings)
    else:
        level, revision, secrets = settings, "", ()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(component=component, revision=revision, secrets=secrets))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    _catch_all()
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _catch_all() -> None:
    """Whatever Python itself would print about a failure is a line of the log too."""
    logging.captureWarnings(capture=True)
    sys.excepthook = lambda kind, error, trace: _uncaught("uncaught failure", (kind, error, trace))
    threading.excepthook = lambda found: _uncaught(
        "uncaught failure in a thread", (found.exc_type, found.exc_value or found.exc_type(), found.exc_traceback)
    )
    sys.unraisablehook = lambda found: _uncaught(
        "failure that could not be raised", (found.exc_type, found.exc_value or found.exc_type(), found.exc_traceback)
    )


def _uncaught(event: str, failure: tuple[type[BaseException], BaseException, TracebackType | None]) -> None:
    if not issubclass(failure[0], KeyboardInterrupt):
        logging.getLogger(__name__).critical(event, exc_info=failure)


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def __init__(self, *, component: str, revision: str, secrets: tuple[str, ...] = ()) -> None:
        """Name the component and revision on every line; mask these secrets."""
        super().__init__()
        self._fixed = {"component": component, "revision": revision}
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """The line of this record."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **self._fixed,
            **correlation.get({}),
        }
        line |= {k: v for k, v in vars(record).items() if k not in STANDARD}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return self._masked(_dumped(line))

    def _masked(self, line: str) -> str:
        for secret in self._secrets:
            if secret in line:
                line = line.replace(secret, MASK)
        return SIGNED.sub(MASK, line) if "eyJ" in line or "netra_" in line else line


def _dumped(line: dict[str, object]) -> str:
    try:
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        # Integers over 64 bits and lone surrogates: rare, and still worth a line.
        return json.dumps(line, default=str)


def _secrets(settings: Settings) -> tuple[str, ...]:
    held: list[SecretStr] = [
        settings.postgres.password,
        settings.redis.password,
        settings.clickhouse.password,
        settings.auth_signing_key,
        *settings.auth_previous_keys,
    ]
    if settings.oidc:
        held.append(settings.oidc.client_secret)
    if settings.llm:
        held += [provider.api_key for provider in settings.llm.providers]
    told = settings.telemetry
    held += [secret for secret in (told.metrics_token, told.collector_headers) if secret]
    values = [s.get_secret_value() for s in held]
    if told.collector_headers:
        # A library that complains about a header says its value alone.
        values += [pair.partition("=")[2] for pair in values[-1].split(",")]
    return tuple(v for v in values if len(v) >= SHORTEST_SECRET)

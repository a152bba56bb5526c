"""JSON lines on stderr: one fact a line, with the correlation of what is being done.

Anything given through `extra={...}` becomes a field of the line. Known secrets and signed tokens are masked wherever
they appear, so that a library's message cannot spill them.
"""

import json
import logging
import re
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

import orjson
from pydantic import SecretStr

from netra.settings.model import Settings

Component = Literal["web", "worker", "cli", "embedded"]
Level = Literal["debug", "info", "warning", "error"]

SIGNED = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
"""The shape of a signed token (JWT)."""
MASK = "[secret]"
SHORTEST_SECRET = 6
"""Masking shorter values would mask ordinary words."""
QUIET = ("uvicorn.error", "uvicorn.access", "httpx", "httpcore", "asyncio")
"""Libraries that log each request or address; from them only warnings and worse."""
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

correlation: ContextVar[Mapping[str, str]] = ContextVar("correlation")
"""What is being done: `request_id`, `user_id`, `thread_id`, `run_id`, as far as known."""


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
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


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
        return SIGNED.sub(MASK, line) if "eyJ" in line else line


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
    ]
    if settings.llm:
        held.append(settings.llm.api_key)
    told = settings.telemetry
    held += [secret for secret in (told.metrics_token, told.collector_headers) if secret]
    values = [s.get_secret_value() for s in held]
    if told.collector_headers:
        # A library that complains about a header says its value alone.
        values += [pair.partition("=")[2] for pair in values[-1].split(",")]
    return tuple(v for v in values if len(v) >= SHORTEST_SECRET)

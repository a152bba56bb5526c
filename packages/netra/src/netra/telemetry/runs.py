"""Runs as metrics and spans tell them."""

import logging
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from netra.telemetry import spans
from netra.telemetry.instruments import (
    APPEND_SECONDS,
    EVENTS_APPENDED,
    RUN_SECONDS,
    RUN_WAIT,
    RUNS_ACTIVE,
    RUNS_ENDED,
    TAKEOVERS,
    TOOL_CALLS,
    TOOL_SECONDS,
)
from netra.telemetry.spans import Span

LOG = logging.getLogger(__name__)
UNKNOWN = "unknown"
"""The label of a tool that a model invented."""


class Execution(NamedTuple):
    """One worker's attempt at a run."""

    run_id: str
    thread_id: str
    attempt: int
    accepted_at: datetime
    traceparent: str
    """Of what accepted the run."""


@dataclass(kw_only=True)
class _Open:
    accepted_at: float
    span: Span
    status: str = "left"
    """Of a run that this attempt did not end: it was lost, or handed over."""
    reason: str = ""


_open: ContextVar[_Open | None] = ContextVar("run", default=None)


@contextmanager
def executing(told: Execution) -> Generator[None]:
    """This process executes the run for the length of the block."""
    accepted_at = told.accepted_at.timestamp()
    if told.attempt == 1:
        RUN_WAIT.observe(time.time() - accepted_at)
    else:
        TAKEOVERS.add()
    attributes = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": "run",
        "gen_ai.conversation.id": told.thread_id,
        "netra.run.id": told.run_id,
        "netra.run.attempt": told.attempt,
    }
    RUNS_ACTIVE.add(1)
    try:
        with spans.span("invoke_workflow run", attributes, kind="consumer", parent=told.traceparent) as span:
            here = _Open(accepted_at=accepted_at, span=span)
            token = _open.set(here)
            try:
                yield
            finally:
                _open.reset(token)
                ms = round((time.time() - accepted_at) * 1000, 2)
                fields = {"status": here.status, "reason": here.reason, "attempt": told.attempt, "ms": ms}
                LOG.info("run", extra=fields)
    finally:
        RUNS_ACTIVE.add(-1)


def appended(kinds: Sequence[str], seconds: float) -> None:
    """Events of these types were written in one append."""
    APPEND_SECONDS.observe(seconds)
    for kind in kinds:
        EVENTS_APPENDED.add(kind)


def ended(status: str, reason: str) -> None:
    """A run's terminal event was written, by whoever executes it or by somebody else."""
    RUNS_ENDED.add(status, reason)
    here = _open.get()
    if here is None:
        return
    here.status, here.reason = status, reason
    RUN_SECONDS.observe(time.time() - here.accepted_at, status)
    here.span.note({"netra.run.status": status})
    if status == "failed":
        here.span.failed(reason)


def agent(name: str, model: str) -> Span:
    """An agent's turn; `model` is the name of its brain."""
    return spans.span(
        f"invoke_agent {name}",
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name, "gen_ai.request.model": model},
    )


def tool(name: str, call_id: str, *, known: bool) -> Span:
    """A tool call; one that is not known has no name of its own, for models invent any number."""
    label = name if known else UNKNOWN
    return spans.span(
        f"execute_tool {label}",
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": label,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": call_id,
        },
    )


def tool_ended(name: str, status: str, seconds: float, *, known: bool) -> None:
    """A tool call has its outcome."""
    label = name if known else UNKNOWN
    TOOL_CALLS.add(label, status)
    TOOL_SECONDS.observe(seconds, label)

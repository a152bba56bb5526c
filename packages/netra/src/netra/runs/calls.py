"""The tool calls of a run, recorded before they begin and when they end; what is recorded as ended is not repeated."""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import NamedTuple

import orjson
from pydantic import BaseModel, JsonValue

from netra.agents.findings import Finding
from netra.agents.roster import Agent
from netra.agents.steps import CallTool
from netra.errors import ConflictError, DependencyError, ToolError
from netra.events.union import QueryRun, ToolCompletedData, ToolExecutingData, ToolStatus
from netra.runs.approvals import ask_for, expire
from netra.runs.parts import Attempt
from netra.runs.patience import RETRY_S, patient
from netra.stores.failures import StoreError
from netra.telemetry import runs as told
from netra.telemetry import spans
from netra.tools.registry import Tool, parse_arguments

LOG = logging.getLogger(__name__)
LOST = "the worker that made this call was lost before it could say how it ended"


class _Outcome(NamedTuple):
    """How a call ended; `fatal` ends the run after it was recorded."""

    status: ToolStatus
    result: JsonValue = None
    error: str = ""
    fatal: DependencyError | None = None
    queries: tuple[QueryRun, ...] = ()


async def call(attempt: Attempt, agent: Agent, step: CallTool) -> Finding:
    """Make a call and record it; one that has an effect is first approved.

    Raises ParkedError when the run now waits for its owner, and DependencyError, after recording the call, when a
    datastore does not serve.
    """
    call_id = f"{agent.name}-{attempt.state.turn(agent.name).next_call}"
    tool = _granted(attempt, agent, step.tool)
    if tool is not None and tool.effect and _readable(tool, step):
        await ask_for(attempt, agent.name, call_id, step)
    begun = ToolExecutingData(call_id=call_id, tool=step.tool, arguments=step.arguments)
    return await _begin(attempt, agent.name, begun, tool)


async def settle(attempt: Attempt) -> None:
    """Bring to its end what was under way when the run was let go of.

    A call that a lost worker left open is made again if that is harmless, else its outcome is unknown. What was
    approved is made, and an approval that is still not there has come too late.
    """
    for agent, begun in attempt.state.open_calls():
        tool = _granted(attempt, attempt.parts.roster[agent], begun.tool)
        if tool is None or tool.idempotent:
            await _carry_out(attempt, agent, begun, tool)
        else:
            await _record(attempt, agent, begun, _Outcome("unknown", error=LOST), 0)
    await expire(attempt)
    for agent, asked in attempt.state.approved():
        begun = ToolExecutingData(call_id=asked.call_id, tool=asked.tool, arguments=asked.arguments)
        await _begin(attempt, agent, begun, _granted(attempt, attempt.parts.roster[agent], asked.tool))


def _readable(tool: Tool, step: CallTool) -> bool:
    """Whether the call could be made at all: nobody is asked to approve one that could not."""
    try:
        parse_arguments(tool, step.arguments)
    except ToolError:
        return False
    return True


async def _begin(attempt: Attempt, agent: str, begun: ToolExecutingData, tool: Tool | None) -> Finding:
    await attempt.writer.say(agent, begun)
    await attempt.writer.flush()
    return await _carry_out(attempt, agent, begun, tool)


def _granted(attempt: Attempt, agent: Agent, name: str) -> Tool | None:
    tool = attempt.tools.get(name)
    return tool if tool is not None and agent.may_call(tool) else None


async def _carry_out(attempt: Attempt, agent: str, begun: ToolExecutingData, tool: Tool | None) -> Finding:
    started = time.perf_counter()
    with told.tool(begun.tool, begun.call_id, known=tool is not None) as span:
        if tool is None:
            outcome = _Outcome("error", error=f"there is no tool {begun.tool!r}")
        else:
            asked: list[QueryRun] = []
            outcome = (await _outcome(tool, attempt, begun.arguments, asked))._replace(queries=tuple(asked))
        _tell(span, begun, outcome)
    seconds = time.perf_counter() - started
    told.tool_ended(begun.tool, outcome.status, seconds, known=tool is not None)
    finding = await _record(attempt, agent, begun, outcome, seconds)
    if outcome.fatal is not None:
        raise outcome.fatal
    return finding


def _tell(span: spans.Span, begun: ToolExecutingData, outcome: _Outcome) -> None:
    if outcome.status != "ok":
        span.failed("tool_failed" if outcome.fatal is None else outcome.fatal.code)
    if spans.content():
        said = {"arguments": begun.arguments, "result": outcome.result}
        span.note({f"gen_ai.tool.call.{part}": orjson.dumps(value).decode() for part, value in said.items()})


async def _record(attempt: Attempt, agent: str, begun: ToolExecutingData, outcome: _Outcome, seconds: float) -> Finding:
    data = ToolCompletedData(
        call_id=begun.call_id,
        tool=begun.tool,
        status=outcome.status,
        result=outcome.result,
        error=outcome.error,
        ms=round(seconds * 1000, 3),
        queries=outcome.queries,
    )
    await attempt.writer.say(agent, data)
    tool = attempt.tools.get(begun.tool)
    if tool is not None and not tool.idempotent:
        # Known at once that it happened. What may be repeated travels with the next append, milliseconds later.
        await attempt.writer.flush()
    return attempt.state.findings[begun.call_id]


async def _outcome(tool: Tool, attempt: Attempt, arguments: Mapping[str, JsonValue], asked: list[QueryRun]) -> _Outcome:
    """Every way a call can end, except that the run is cancelled."""
    limit_s = attempt.parts.timeouts.tool_s
    try:
        async with asyncio.timeout(limit_s):
            found = await _served(tool, attempt, arguments, asked)
        return _Outcome("ok", found.model_dump(mode="json"))
    except ConflictError:
        raise
    except ToolError as error:
        return _Outcome("error", error=error.message)
    except TimeoutError:
        return _Outcome("error", error=f"{tool.name} took longer than {limit_s:g} s")
    except DependencyError as error:
        return _Outcome("error", error=error.message, fatal=error)
    except Exception:
        # The rim of our trust: a defect in a tool ends this call, and the worker's log has it.
        LOG.exception("tool %s failed unexpectedly", tool.name)
        return _Outcome("error", error=f"{tool.name} failed unexpectedly")


async def _served(tool: Tool, attempt: Attempt, arguments: Mapping[str, JsonValue], asked: list[QueryRun]) -> BaseModel:
    """The tool's answer; a datastore that restarts is waited for, where the call may be made again."""
    patience_s = attempt.parts.timeouts.restart_s if tool.idempotent else 0.0
    until = time.monotonic() + patience_s
    while True:
        try:
            asked.clear()
            context = await attempt.tool_context(asked)
            # Last of all, for each wait before it may have been long: that the run is still ours alone.
            await patient(f"the lease of run {attempt.claim.run_id}", lambda: attempt.parts.leases.keep(attempt.claim))
            return await tool.run(context, parse_arguments(tool, arguments))
        except StoreError as error:
            if error.phase != "connect" or time.monotonic() >= until:
                raise
            LOG.warning("%s waits for %s: %s", tool.name, error.component, error.message)
        await asyncio.sleep(RETRY_S)

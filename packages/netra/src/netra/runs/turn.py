"""One agent's turn: its brain's steps become events, and what a lost worker already did is not done again."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import aclosing
from typing import assert_never

from pydantic import JsonValue, ValidationError

from netra.agents import flow
from netra.agents.findings import Finding
from netra.agents.roster import Agent
from netra.agents.steps import Assignment, CallTool, Done, Failed, Say, Steps, Think
from netra.errors import NetraError
from netra.events.union import (
    AgentCompletedData,
    AgentFailedData,
    AgentHandoffData,
    AgentStartedData,
    AgentThinkingData,
    AnswerDeltaData,
)
from netra.runs.calls import call
from netra.runs.parts import Attempt
from netra.telemetry import runs as told


class BrokenBrainError(Exception):
    """A brain broke its contract: a defect of ours."""


class AgentTimeoutError(NetraError):
    """An agent did not finish in the time it has."""

    code = "agent_timeout"


async def take_turn(attempt: Attempt) -> None:
    """Let the agent whose turn it is do its work, until it hands the run over or ends it."""
    turn = _Turn(attempt)
    limit_s = attempt.parts.timeouts.agent_s
    limit = asyncio.timeout(limit_s)
    try:
        with told.agent(turn.agent.name, turn.agent.brain.name):
            async with limit:
                await turn.take()
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise AgentTimeoutError(f"{turn.agent.name} took longer than {limit_s:g} s", where=turn.agent.name) from error


class _Turn:
    def __init__(self, attempt: Attempt) -> None:
        self.agent = _whose(attempt)
        self._attempt = attempt
        self._began = time.perf_counter()
        self._turn = attempt.state.turn(self.agent.name)
        self._announced = self._turn.last_thought
        """What a lost worker said it would do next: not said twice."""
        seconds = min(attempt.parts.timeouts.agent_s, attempt.claim.seconds_left)
        self._until = asyncio.get_running_loop().time() + seconds

    async def take(self) -> None:
        if not self._turn.started:
            await self._attempt.writer.say(self.agent.name, AgentStartedData(task=self.agent.task))
        async with aclosing(self.agent.brain.work(self._assignment())) as steps:
            await self._follow(steps)

    async def _follow(self, steps: Steps) -> None:
        finding: Finding | None = None
        while True:
            step = await steps.asend(finding)
            finding = None
            match step:
                case Think():
                    await self._think(step)
                case CallTool():
                    finding = await call(self._attempt, self.agent, step)
                case Say():
                    await self._attempt.writer.say(self.agent.name, AnswerDeltaData(text=step.text))
                case Done():
                    await self._finish(step)
                    return
                case _:
                    assert_never(step)

    async def _think(self, step: Think) -> None:
        announced, self._announced = self._announced, ""
        if step.text != announced:
            thinking = AgentThinkingData(text=step.text, step=self._turn.thoughts + 1, failed=step.failed)
            await self._attempt.writer.say(self.agent.name, thinking)

    async def _finish(self, step: Done) -> None:
        writer, ms = self._attempt.writer, round((time.perf_counter() - self._began) * 1000, 3)
        self._check(step.result)
        follower = flow.following(self.agent.name, {**self._results(), self.agent.name: step.result})
        if follower is None:
            await writer.say(self.agent.name, self._last(step, ms))
            await writer.flush()
            return
        if follower.to not in self.agent.followers or follower.to in self._attempt.state.turns:
            raise BrokenBrainError(f"{self.agent.name} may not hand the run to {follower.to!r}")
        reason = "; ".join(part for part in (step.reason, follower.reason) if part)
        await writer.say(
            self.agent.name,
            AgentCompletedData(result=step.result, ms=ms, models=step.models),
            AgentHandoffData(to=follower.to, reason=reason, then=follower.then),
        )

    def _check(self, result: Mapping[str, JsonValue]) -> None:
        try:
            self.agent.output.model_validate(result)
        except ValidationError as error:
            raise BrokenBrainError(f"{self.agent.name} hands over what its row does not allow: {error}") from error

    def _last(self, step: Done, ms: float) -> AgentCompletedData | AgentFailedData:
        """The run's last word: what the report is worth when an agent before it failed is not the report's to say."""
        state = self._attempt.state
        failures = {name: turn.failed for name, turn in state.turns.items() if turn.failed is not None}
        for name, failed in failures.items():
            if name in flow.ESSENTIAL:
                return failed.model_copy(update={"models": (*failed.models, *step.models)})
        result = dict(step.result)
        if failures:
            result["failed"] = [failed.model_dump() for failed in self._failed()]
        return AgentCompletedData(result=result, final=True, answer=state.answer, ms=ms, models=step.models)

    def _results(self) -> dict[str, dict[str, JsonValue]]:
        return {name: turn.result for name, turn in self._attempt.state.turns.items() if turn.result is not None}

    def _failed(self) -> tuple[Failed, ...]:
        return tuple(
            Failed(agent=name, reason=turn.failed.reason, message=turn.failed.message, component=turn.failed.component)
            for name, turn in self._attempt.state.turns.items()
            if turn.failed is not None
        )

    def _assignment(self) -> Assignment:
        state, claim, memory = self._attempt.state, self._attempt.claim, self._attempt.memory
        return Assignment(
            agent=self.agent.name,
            question=claim.question,
            history=memory.history,
            now=claim.accepted_at,
            results=self._results(),
            findings=tuple(state.findings.values()),
            said=self._turn.said,
            client=claim.client,
            until=self._until,
            granted=tuple(tool for tool in self._attempt.tools.values() if self.agent.may_call(tool)),
            digest=memory.digest,
            failed=self._failed(),
        )


def _whose(attempt: Attempt) -> Agent:
    name = attempt.state.current
    try:
        return attempt.parts.roster[name]
    except KeyError:
        raise BrokenBrainError(f"the log hands the run to {name!r}, whom this revision does not know") from None

"""The brains of a language model: it may understand, choose tools and comment; the numbers stay the tools'.

Importing this imports the model client, which costs over a second; only workers with a model do.
"""

import json
from collections.abc import Sequence

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.tools import ToolDefinition

from netra.agents import prompts
from netra.agents.builtin.analyst import Report, next_calls, understand, write_report
from netra.agents.builtin_brain import NAME as BUILTIN
from netra.agents.builtin_brain import blocks, found, gathered, reported, rest, triaged
from netra.agents.comment import Comment
from netra.agents.facts import Facts
from netra.agents.findings import Finding
from netra.agents.steps import Assignment, CallTool, Done, Say, Steps, Think
from netra.agents.wanted import Wanted, text_of, wanted
from netra.llm.chat import Request
from netra.llm.ledger import Caller
from netra.llm.models import Answered, Passed, RoleModels
from netra.tools.registry import Tool

MAX_ROUNDS = 8
"""A model that still asks for tools then has what it needs, or never will."""


class ModelTriage:
    """The model says what it understood; whether usage data answers it is decided by rule."""

    def __init__(self, models: RoleModels) -> None:
        """Ask these models."""
        self.name = models.name
        self._models = models

    async def work(self, assignment: Assignment) -> Steps:
        """Understand the question."""
        understood = understand(assignment.question, assignment.now)
        asked = Request(messages=_opening(prompts.TRIAGE, assignment), max_tokens=prompts.TRIAGE_TOKENS)
        turn = self._models.turn(_caller(assignment))
        text, analyst = "", self.name
        async for piece in turn.stream(asked, shown=False):
            match piece:
                case Passed():
                    yield _passed(piece)
                case Answered():
                    text, analyst = text_of(piece.response), piece.call.model
                case str():
                    pass
        yield Think(text=text or understood.text)
        done = triaged(text or understood.text, in_field=understood.in_field, analyst=analyst)
        yield done.model_copy(update={"models": tuple(turn.calls)})


class ModelData:
    """The model chooses tools and arguments; where it gets nothing, the builtin plan is followed and named as such."""

    def __init__(self, models: RoleModels, tools: Sequence[Tool]) -> None:
        """Offer these tools, and no others."""
        self.name = models.name
        self._models = models
        self._tools = tuple(_definition(tool) for tool in tools)

    async def work(self, assignment: Assignment) -> Steps:
        """Ask the model until it asks for nothing more."""
        findings = list(assignment.findings)
        messages = _opening(prompts.DATA.format(now=assignment.now.isoformat()), assignment)
        messages += [message for finding in findings for message in _exchange(finding)]
        turn, analyst = self._models.turn(_caller(assignment)), self.name
        for _ in range(MAX_ROUNDS):
            told = Wanted(text="", calls=(), analyst=analyst)
            async for piece in wanted(turn, messages, self._tools):
                if isinstance(piece, Passed):
                    yield _passed(piece)
                else:
                    told, analyst = piece, piece.analyst
            if not told.calls:
                break
            yield Think(text=told.text or f"Asking {', '.join(call.tool for call in told.calls)}.")
            for call in told.calls:
                finding = found((yield call))
                findings.append(finding)
                messages += _exchange(finding)
        if any(finding.status == "ok" and finding.tool != "data_profile" for finding in findings):
            yield gathered(findings, analyst=analyst).model_copy(update={"models": tuple(turn.calls)})
            return
        while planned := next_calls(assignment.question, assignment.now, findings):
            for call in planned:
                yield Think(text=call.why)
                findings.append(found((yield CallTool(tool=call.tool, arguments=call.arguments))))
        yield gathered(findings, analyst=BUILTIN).model_copy(update={"models": tuple(turn.calls)})


class ModelReporting:
    """The facts by template, then the model's comment, sentence by sentence, as far as the facts support it."""

    def __init__(self, models: RoleModels) -> None:
        """Ask these models."""
        self.name = models.name
        self._models = models

    async def work(self, assignment: Assignment) -> Steps:
        """Say the report, then the comment."""
        report = write_report(assignment.question, assignment.now, assignment.findings)
        yield Think(text=report.thinking)
        if len(assignment.said) > len(report.text) and assignment.said.startswith(report.text):
            # The comment was under way when its worker was lost; a second one could contradict the first half.
            yield Done(result={**reported(report, analyst=self.name), "comment": "cut short"})
            return
        for block in blocks(rest(report.text, assignment.said)):
            yield Say(text=block)
        yield Say(text="\n\n")
        comment = Comment(Facts(report.numbers, report.text))
        turn, analyst = self._models.turn(_caller(assignment)), self.name
        async for piece in turn.stream(_commenting(assignment, report), shown=True):
            match piece:
                case Passed():
                    yield _passed(piece)
                case str():
                    for sentence in comment.take(piece):
                        yield Say(text=sentence)
                case Answered():
                    analyst = piece.call.model
                    for sentence in comment.end():
                        yield Say(text=sentence)
        if comment.withheld:
            yield Say(text=f"\n\n*{comment.withheld} of the model's sentences withheld: a number came from no tool.*")
        result = {**reported(report, analyst=analyst), "comment": analyst, "withheld": comment.withheld}
        yield Done(result=result, models=tuple(turn.calls))


def _commenting(assignment: Assignment, report: Report) -> Request:
    messages = _opening(prompts.REPORTING, assignment, report.text)
    return Request(messages=messages, max_tokens=prompts.REPORTING_TOKENS)


def _caller(assignment: Assignment) -> Caller:
    whose = assignment.client
    return Caller(
        run_id=whose.run_id,
        user_id=whose.user_id,
        tenant_id=whose.tenant_id,
        attempt=whose.attempt,
        role=assignment.agent,
        until=assignment.until,
    )


def _passed(piece: Passed) -> Think:
    call = piece.call
    how = "is left alone for a while" if call.outcome == "skipped" else "did not answer"
    return Think(text=f"{call.model} {how} ({call.reason}); asking {piece.following}.", failed=(call,))


def _opening(system: str, assignment: Assignment, report: str = "") -> list[ModelMessage]:
    messages: list[ModelMessage] = [ModelRequest(parts=[SystemPromptPart(system)])]
    for utterance in assignment.history:
        if utterance.role == "user":
            messages.append(ModelRequest(parts=[UserPromptPart(utterance.content)]))
        else:
            messages.append(ModelResponse(parts=[TextPart(utterance.content)]))
    asked = f"{assignment.question}\n\nThe report:\n{report}" if report else assignment.question
    return [*messages, ModelRequest(parts=[UserPromptPart(asked)])]


def _exchange(finding: Finding) -> list[ModelMessage]:
    """A call and its outcome as the model sees them."""
    content = json.dumps(finding.result) if finding.status == "ok" else f"error: {finding.error}"
    return [
        ModelResponse(parts=[ToolCallPart(finding.tool, finding.arguments, tool_call_id=finding.call_id)]),
        ModelRequest(parts=[ToolReturnPart(finding.tool, content, tool_call_id=finding.call_id)]),
    ]


def _definition(tool: Tool) -> ToolDefinition:
    return ToolDefinition(
        name=tool.name, description=tool.description, parameters_json_schema=tool.parameters.model_json_schema()
    )

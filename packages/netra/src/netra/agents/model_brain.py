"""The brains of a language model: it may understand, choose tools and comment; the numbers stay the tools'.

Importing this imports the model client, which costs over a second; only workers with a model do.
"""

import json
from collections.abc import AsyncGenerator, Sequence

from pydantic import JsonValue
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
from netra.llm.chat import ChatModel, Request
from netra.llm.failures import failed
from netra.tools.registry import Tool

MAX_ROUNDS = 8
"""A model that still asks for tools then has what it needs, or never will."""


class ModelTriage:
    """The model says what it understood; whether usage data answers it is decided by rule."""

    def __init__(self, model: ChatModel) -> None:
        """Ask this model."""
        self.name = model.name
        self._model = model

    async def work(self, assignment: Assignment) -> Steps:
        """Understand the question."""
        understood = understand(assignment.question, assignment.now)
        asked = Request(messages=_opening(prompts.TRIAGE, assignment), max_tokens=prompts.TRIAGE_TOKENS)
        text = "".join([piece async for piece in self._model.stream(asked) if isinstance(piece, str)]).strip()
        yield Think(text=text or understood.text)
        yield triaged(text or understood.text, in_field=understood.in_field, analyst=self.name)


class ModelData:
    """The model chooses tools and arguments; where it gets nothing, the builtin plan is followed and named as such."""

    def __init__(self, model: ChatModel, tools: Sequence[Tool]) -> None:
        """Offer these tools, and no others."""
        self.name = model.name
        self._model = model
        self._tools = tuple(_definition(tool) for tool in tools)

    async def work(self, assignment: Assignment) -> Steps:
        """Ask the model until it asks for nothing more."""
        findings = list(assignment.findings)
        messages = _opening(prompts.DATA.format(now=assignment.now.isoformat()), assignment)
        messages += [message for finding in findings for message in _exchange(finding)]
        for _ in range(MAX_ROUNDS):
            response = await self._respond(messages)
            if not response.tool_calls:
                break
            yield Think(text=_text(response) or f"Asking {', '.join(part.tool_name for part in response.tool_calls)}.")
            for part in response.tool_calls:
                finding = found((yield CallTool(tool=part.tool_name, arguments=self._arguments(part))))
                findings.append(finding)
                messages += _exchange(finding)
        if any(finding.status == "ok" and finding.tool != "data_profile" for finding in findings):
            yield gathered(findings, analyst=self.name)
            return
        while planned := next_calls(assignment.question, assignment.now, findings):
            for call in planned:
                yield Think(text=call.why)
                findings.append(found((yield CallTool(tool=call.tool, arguments=call.arguments))))
        yield gathered(findings, analyst=BUILTIN)

    async def _respond(self, messages: list[ModelMessage]) -> ModelResponse:
        asked = Request(messages=messages, tools=self._tools, max_tokens=prompts.DATA_TOKENS)
        async for piece in self._model.stream(asked):
            if isinstance(piece, ModelResponse):
                return piece
        raise failed("llm_malformed", model=self.name)

    def _arguments(self, part: ToolCallPart) -> dict[str, JsonValue]:
        try:
            return part.args_as_dict()
        except (ValueError, AssertionError) as error:
            raise failed("llm_malformed", model=self.name) from error


class ModelReporting:
    """The facts by template, then the model's comment, sentence by sentence, as far as the facts support it."""

    def __init__(self, model: ChatModel) -> None:
        """Ask this model."""
        self.name = model.name
        self._model = model

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
        comment = Comment(Facts(report.numbers, report.text))
        yield Say(text="\n\n")
        async for sentence in self._sentences(assignment, report, comment):
            yield Say(text=sentence)
        if comment.withheld:
            yield Say(text=f"\n\n*{comment.withheld} of the model's sentences withheld: a number came from no tool.*")
        yield Done(result={**reported(report, analyst=self.name), "comment": self.name, "withheld": comment.withheld})

    async def _sentences(self, assignment: Assignment, report: Report, comment: Comment) -> AsyncGenerator[str]:
        messages = _opening(prompts.REPORTING, assignment, report.text)
        async for piece in self._model.stream(Request(messages=messages, max_tokens=prompts.REPORTING_TOKENS)):
            for sentence in comment.take(piece) if isinstance(piece, str) else comment.end():
                yield sentence


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


def _text(response: ModelResponse) -> str:
    return "".join(part.content for part in response.parts if isinstance(part, TextPart)).strip()

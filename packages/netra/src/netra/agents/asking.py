"""What a model is asked, made from an assignment; and what is said of models that did not answer.

Importing this imports the model client, which costs over a second; only workers with a model do.
"""

import json
from functools import lru_cache

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
from netra.agents.findings import Finding
from netra.agents.steps import Assignment, Think
from netra.llm.ledger import Caller
from netra.llm.models import Passed
from netra.tools.registry import Tool, spoken

EARLIER = "What was said before, shortened:\n"


def opening(assignment: Assignment, report: str = "") -> list[ModelMessage]:
    """The agent's prompt, the conversation so far, and the question."""
    messages: list[ModelMessage] = [
        ModelRequest(parts=[SystemPromptPart(prompts.prompt(assignment.agent, assignment.now))])
    ]
    if assignment.digest:
        messages.append(ModelRequest(parts=[UserPromptPart(EARLIER + assignment.digest)]))
    for utterance in assignment.history:
        if utterance.role == "user":
            messages.append(ModelRequest(parts=[UserPromptPart(utterance.content)]))
        else:
            messages.append(ModelResponse(parts=[TextPart(utterance.content)]))
    asked = f"{assignment.question}\n\nThe report:\n{report}" if report else assignment.question
    return [*messages, ModelRequest(parts=[UserPromptPart(asked)])]


def exchange(finding: Finding) -> list[ModelMessage]:
    """A call and its outcome as the model sees them."""
    content = json.dumps(finding.result) if finding.status == "ok" else f"{finding.status}: {finding.error}"
    return [
        ModelResponse(parts=[ToolCallPart(spoken(finding.tool), finding.arguments, tool_call_id=finding.call_id)]),
        ModelRequest(parts=[ToolReturnPart(spoken(finding.tool), content, tool_call_id=finding.call_id)]),
    ]


@lru_cache(512)
def definition(tool: Tool) -> ToolDefinition:
    """A tool as the model sees it."""
    return ToolDefinition(
        name=spoken(tool.name), description=tool.description, parameters_json_schema=tool.parameters.model_json_schema()
    )


def caller(assignment: Assignment) -> Caller:
    """In whose name a model is asked."""
    return Caller(**assignment.client.model_dump(), role=assignment.agent, until=assignment.until)


def passed_over(piece: Passed) -> Think:
    """That a model did not answer, and which one is asked instead."""
    call = piece.call
    how = "is left alone for a while" if call.outcome == "skipped" else "did not answer"
    return Think(text=f"{call.model} {how} ({call.reason}); asking {piece.following}.", failed=(call,))

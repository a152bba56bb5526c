"""The brains without a language model: the builtin analyst's pure parts, one step at a time."""

import re
from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from netra.agents.builtin.analyst import Report, next_calls, understand, write_report
from netra.agents.findings import Finding
from netra.agents.steps import Assignment, CallTool, Done, Say, Steps, Think
from netra.errors import ToolError

NAME = "builtin"
BLOCK = re.compile(r".*?(?:\n\n|\Z)", re.DOTALL)


class BuiltinTriage:
    """Says what was understood and who answers it."""

    name = NAME

    async def work(self, assignment: Assignment) -> Steps:
        """Understand the question."""
        understood = understand(assignment.question, assignment.now)
        yield Think(text=understood.text)
        yield triaged(understood.text, in_field=understood.in_field, analyst=NAME)


class BuiltinDataHelper:
    """Says what data would have to be there."""

    name = NAME

    async def work(self, assignment: Assignment) -> Steps:
        """Name what is missing."""
        del assignment
        yield Done(result={"needed": [], "analyst": NAME})


class BuiltinOptimization:
    """Looks for what can be saved."""

    name = NAME

    async def work(self, assignment: Assignment) -> Steps:
        """Try what the figures suggest."""
        del assignment
        yield Done(result={"strategies": [], "analyst": NAME})


class BuiltinActions:
    """Makes steps of strategies."""

    name = NAME

    async def work(self, assignment: Assignment) -> Steps:
        """Name the steps."""
        del assignment
        yield Done(result={"steps": [], "analyst": NAME})


class BuiltinData:
    """Calls the tools that the plan names, until it names no more."""

    name = NAME

    async def work(self, assignment: Assignment) -> Steps:
        """Follow the plan."""
        findings = list(assignment.findings)
        while planned := next_calls(assignment.question, assignment.now, findings):
            for call in planned:
                yield Think(text=call.why)
                findings.append(found((yield CallTool(tool=call.tool, arguments=call.arguments))))
        yield gathered(findings, analyst=NAME)


class BuiltinReporting:
    """Writes the report that the findings allow."""

    name = NAME

    async def work(self, assignment: Assignment) -> Steps:
        """Say the report block by block."""
        report = write_report(assignment.question, assignment.now, assignment.findings)
        yield Think(text=report.thinking)
        for block in blocks(rest(report.text, assignment.said)):
            yield Say(text=block)
        yield Done(result=reported(report, analyst=NAME))


def found(finding: Finding | None) -> Finding:
    """The finding that answers a call."""
    if finding is None:
        raise ToolError("a call was not answered", where="data")
    return finding


def triaged(text: str, *, in_field: bool, analyst: str) -> Done:
    """Triage's last step: questions about usage go to data, all else straight to reporting."""
    wants = "figures" if in_field else "nothing"
    return Done(result={"understood": text, "in_field": in_field, "wants": wants, "analyst": analyst})


def gathered(findings: Sequence[Finding], *, analyst: str) -> Done:
    """Data's last step. Raises ToolError when there were calls and not one succeeded: that is no answer."""
    done = [finding for finding in findings if finding.status == "ok"]
    if findings and not done:
        raise ToolError(findings[0].error or "no tool gave a result", where=findings[0].tool)
    calls: list[JsonValue] = [finding.call_id for finding in done]
    return Done(result={"calls": calls, "analyst": analyst}, reason=f"{len(done)} results are in")


def reported(report: Report, *, analyst: str) -> dict[str, JsonValue]:
    """What the run's terminal event says beside the answer."""
    numbers: list[JsonValue] = [number.model_dump(mode="json") for number in report.numbers]
    return {"numbers": numbers, "analyst": analyst, "sufficiency_pct": report.sufficiency_pct}


def rest(text: str, said: str) -> str:
    """What of the text was not said yet; said under another template, it is said again as a whole."""
    if text.startswith(said):
        return text[len(said) :]
    return f"\n\n{text}"


def blocks(text: str) -> Iterator[str]:
    """The text in paragraphs, so that it arrives piece by piece."""
    return (block for block in BLOCK.findall(text) if block)

"""The brains without a language model: the builtin analyst's pure parts, one step at a time."""

import re
from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from netra.agents.builtin.actions import STEPS, TITLES
from netra.agents.builtin.analyst import (
    Report,
    Understanding,
    change,
    estimates,
    needed,
    next_calls,
    profile_calls,
    strategies,
    sufficiency_pct,
    understand,
    write_report,
)
from netra.agents.builtin.optimization import ranked
from netra.agents.builtin.report import PROFILE
from netra.agents.findings import Finding
from netra.agents.steps import Assignment, CallTool, Done, Say, Steps, Think
from netra.errors import ToolError

NAME = "builtin"
BLOCK = re.compile(r".*?(?:\n\n|\Z)", re.DOTALL)


class BuiltinTriage:
    """Says what was understood, and how much of what is asked about the data holds."""

    name = NAME

    async def work(self, assignment: Assignment) -> Steps:
        """Understand the question, then look at the data."""
        asked = _asked(assignment)
        understood = understand(assignment.question, assignment.now, asked)
        yield Think(text=understood.text)
        findings = list(assignment.findings)
        while PROFILE in assignment.tools and (
            planned := profile_calls(assignment.question, assignment.now, findings, asked)
        ):
            for call in planned:
                yield Think(text=call.why)
                findings.append(found((yield CallTool(tool=call.tool, arguments=call.arguments))))
        pct = sufficiency_pct(assignment.question, assignment.now, findings, asked) if understood.in_field else None
        yield triaged(understood, sufficiency_pct=None if understood.wants == "change" else pct, analyst=NAME)


class BuiltinDataHelper:
    """Says what data would have to be there."""

    name = NAME

    async def work(self, assignment: Assignment) -> Steps:
        """Name what is missing, and how to supply it."""
        missing = needed(assignment.question, assignment.now, assignment.findings, _asked(assignment))
        for need in missing:
            yield Think(text=f"What would help: {need.what}")
        yield Done(result={"needed": [need.model_dump(mode="json") for need in missing], "analyst": NAME})


class BuiltinData:
    """Calls the tools that the plan names, until it names no more."""

    name = NAME

    async def work(self, assignment: Assignment) -> Steps:
        """Follow the plan."""
        findings = list(assignment.findings)
        while planned := next_calls(assignment.question, assignment.now, findings, _asked(assignment)):
            for call in planned:
                yield Think(text=call.why)
                findings.append(found((yield CallTool(tool=call.tool, arguments=call.arguments))))
        yield gathered(findings, analyst=NAME)


class BuiltinOptimization:
    """Has the changes estimated that the figures suggest, and ranks them."""

    name = NAME

    async def work(self, assignment: Assignment) -> Steps:
        """Estimate, then rank."""
        findings = list(assignment.findings)
        while planned := [call for call in estimates(findings) if call.tool in assignment.tools]:
            for call in planned:
                yield Think(text=call.why)
                findings.append(found((yield CallTool(tool=call.tool, arguments=call.arguments))))
        yield Done(result={"strategies": strategies(findings), "analyst": NAME})


class BuiltinActions:
    """Makes steps of strategies, and has the change made that the person ordered."""

    name = NAME

    async def work(self, assignment: Assignment) -> Steps:
        """Ask for the change, or name the steps."""
        findings = list(assignment.findings)
        ordered = change(assignment.question, assignment.now, _asked(assignment))
        if ordered is not None:
            call, why = ordered
            # Whatever became of it, an order is carried out once.
            if not any(finding.tool == call.tool for finding in findings):
                yield Think(text="This changes something, so I ask you to approve it.")
                findings.append(found((yield CallTool(tool=call.tool, arguments=call.arguments, why=why))))
            yield Done(
                result={"steps": [], "calls": [f.call_id for f in findings if f.tool == call.tool], "analyst": NAME}
            )
            return
        planned: list[JsonValue] = [
            {"call_id": strategy.call_id, "title": TITLES[strategy.kind], "steps": list(STEPS[strategy.kind])}
            for strategy, _ in ranked(findings)
        ]
        if planned:
            yield Think(text="I name the steps of each change.")
        yield Done(result={"steps": planned, "analyst": NAME})


class BuiltinReporting:
    """Writes the report that the findings allow."""

    name = NAME

    async def work(self, assignment: Assignment) -> Steps:
        """Say the report block by block. Raises UnbackedNumberError when it holds a number that no tool produced."""
        if assignment.failed and not any(finding.status == "ok" for finding in assignment.findings):
            yield Think(text="Nothing was found before the work ended, so there is nothing to report.")
            yield Done(result={"numbers": [], "views": [], "analyst": NAME})
            return
        report = write_report(
            assignment.question, assignment.now, assignment.findings, _asked(assignment), assignment.failed
        )
        yield Think(text=report.thinking)
        for block in blocks(rest(report.text, assignment.said)):
            yield Say(text=block)
        yield Done(result=reported(report, analyst=NAME))


def _asked(assignment: Assignment) -> list[str]:
    """What the person asked before in this thread, oldest first."""
    return [utterance.content for utterance in assignment.history if utterance.role == "user"]


def found(finding: Finding | None) -> Finding:
    """The finding that answers a call."""
    if finding is None:
        raise ToolError("a call was not answered", where="data")
    return finding


def triaged(understood: Understanding, *, sufficiency_pct: float | None, analyst: str) -> Done:
    """Triage's last step: what the course is decided by."""
    return Done(
        result={
            "understood": understood.text,
            "in_field": understood.in_field,
            "wants": understood.wants,
            "sufficiency_pct": sufficiency_pct,
            "analyst": analyst,
        }
    )


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
    views: list[JsonValue] = [view.model_dump(mode="json") for view in report.views]
    return {"numbers": numbers, "views": views, "analyst": analyst, "sufficiency_pct": report.sufficiency_pct}


def rest(text: str, said: str) -> str:
    """What of the text was not said yet; said under another template, it is said again as a whole."""
    if text.startswith(said):
        return text[len(said) :]
    return f"\n\n{text}"


def blocks(text: str) -> Iterator[str]:
    """The text in paragraphs, so that it arrives piece by piece."""
    return (block for block in BLOCK.findall(text) if block)

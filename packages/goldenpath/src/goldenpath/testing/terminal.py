"""A test run for a person at a terminal."""

from rich.console import Group, RenderableType
from rich.text import Text

from goldenpath.facts import Control, SuiteResult, TestResult

STYLES = {"pass": "green", "fail": "red", "not_proven": "yellow"}
TARGETS = {"dead": "a dead target", "impostor": "an impostor"}
MESSAGE_LINES = 12


def state_of(test: TestResult) -> str:
    """One word for a test: `proven`, or what it is instead."""
    if test.proven:
        return "proven"
    return "not proven" if test.outcome == "passed" else test.outcome.replace("_", " ")


def style_of(test: TestResult) -> str:
    """Green is only what is proven."""
    if test.proven:
        return "green"
    return "red" if test.outcome in {"failed", "error"} else "yellow"


def line_of(test: TestResult) -> Text:
    """One line, as soon as the test has ended."""
    line = Text(f"{state_of(test):>10}", style=style_of(test))
    return line.append(f"  P{test.priority}  {test.seconds:6.2f} s  {test.title}", style="default")


def summary(result: SuiteResult) -> RenderableType:
    """What is not proven and why, the controls, and the books."""
    counts = result.counts
    books = (
        f"{result.verdict} - {counts.proven} proven of {counts.executed} executed, {counts.selected} selected, "
        f"{counts.available} available; {counts.failed} failed, {counts.skipped} skipped; {result.seconds:.1f} s"
    )
    wrong = [_explained(test) for test in result.results if not test.proven]
    controls = [_control(control) for control in result.controls]
    return Group(*wrong, *controls, Text(books, style=STYLES[result.verdict]))


def _explained(test: TestResult) -> Text:
    text = Text(f"{state_of(test)}  {test.id}\n", style=style_of(test))
    missing = [f"{proof.kind}: {proof.text}" for proof in test.proofs if proof.verdict != "pass"]
    often = [f"red in {test.red} of {test.runs} runs"] if test.outcome == "flaky" else []
    lines = test.message.splitlines()[-MESSAGE_LINES:] or missing or ["no proof was gathered"]
    return text.append("\n".join(f"    {line}" for line in (*often, *lines)), style="default")


def _control(control: Control) -> Text:
    line = Text(f"control against {TARGETS[control.target]}: ", style="default")
    line.append(f"{control.red} of {control.executed} red", style=STYLES[control.verdict])
    return line.append(f"; stayed green: {', '.join(control.green)}" if control.green else "", style="red")

"""The loop on a terminal: one line an event as it happens; colours only where someone looks."""

from datetime import datetime

from rich.console import Console
from rich.text import Text

from goldenpath.events import CycleStarted, LoopEvent, LoopFinished, LoopStarted, TestFinished
from goldenpath.facts import TestResult, Verdict
from goldenpath.worklog.model import Worklog
from goldenpath.worklog.words import step_of

MARKS: dict[Verdict, tuple[str, str]] = {
    "pass": ("pass", "green"),
    "fail": ("FAIL", "bold red"),
    "not_proven": ("open", "yellow"),
}


class TerminalView:
    """A listener of the journal that prints as events come in."""

    def __init__(self, console: Console) -> None:
        """Print to this console; talk belongs on standard error."""
        self._console = console
        self._begun: datetime | None = None

    def __call__(self, event: LoopEvent) -> None:
        """Print what this event says, if it says anything."""
        match event:
            case LoopStarted():
                again = " again" if event.resumed else ""
                self._print(
                    event, "", "bold", f"{event.system} in {event.environment}: loop {event.loop_id} starts{again}"
                )
            case CycleStarted():
                self._print(event, "", "bold", f"cycle {event.cycle}: {event.reason}")
            case TestFinished():
                self._test(event, event.result)
            case LoopFinished():
                mark, style = MARKS[event.verdict]
                self._print(event, mark, style, f"{event.reason} ({event.seconds:.1f} s)")
            case _:
                if said := step_of(event):
                    mark, style = MARKS[said.verdict]
                    self._print(event, mark, style, f"{said.title}: {said.text}" if said.text else said.title)

    def _test(self, event: TestFinished, result: TestResult) -> None:
        if result.proven:
            self._print(event, "pass", "green", f"  {result.title}, proven ({result.seconds:.1f} s)")
        elif result.outcome == "passed":
            lacking = ", ".join(p.kind for p in result.proofs if p.verdict != "pass")
            self._print(event, "open", "yellow", f"  {result.title}, passed without {lacking}")
        elif result.outcome == "flaky":
            self._print(event, "open", "yellow", f"  {result.title}, flaky: red in {result.red} of {result.runs} runs")
        else:
            self._print(event, "FAIL", "bold red", f"  {result.title}, {result.outcome}: {result.message[:200]}")

    def _print(self, event: LoopEvent, mark: str, style: str, text: str) -> None:
        self._begun = self._begun or event.at
        seconds = (event.at - self._begun).total_seconds()
        line = Text(f"{seconds:7.1f} s  ", style="dim")
        line.append(f"{mark:5}", style=style)
        line.append(text, style="bold" if style == "bold" else "")
        self._console.print(line, soft_wrap=True)


def closing(worklog: Worklog, console: Console) -> None:
    """Print the chain of whys and what stays open, after the last event."""
    for cause in worklog.causes:
        console.print(Text(f"\n{cause.component}: {cause.statement}", style="bold"), soft_wrap=True)
        for number, link in enumerate(cause.chain, start=1):
            evidence = ", ".join(link.observations)
            console.print(Text(f"  {number}. {link.question} {link.answer} [{evidence}]"), soft_wrap=True)
            for rival in link.rivals:
                state = f"refuted ({', '.join(rival.refuted_by)})" if rival.refuted_by else "still open"
                console.print(Text(f"     {state}: {rival.statement}: {rival.reason}", style="dim"), soft_wrap=True)
    for text in worklog.not_proven:
        console.print(Text(f"not proven: {text}", style="yellow"), soft_wrap=True)

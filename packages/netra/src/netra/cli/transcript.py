"""A run on a terminal, or as plain lines where there is none."""

from collections.abc import Mapping

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.text import Text

from netra.cli.harmless import harmless
from netra.events.union import (
    AgentCompleted,
    AgentFailed,
    AgentHandoff,
    AgentStarted,
    AgentThinking,
    AnswerDelta,
    ApprovalDecided,
    ApprovalRequested,
    Event,
    RunCancelled,
    RunQueued,
    ToolCompleted,
    ToolExecuting,
)

AGENT_WIDTH = 13
ARGUMENTS = 80


class Transcript:
    """Shows events as they come on stderr, and the answer on stdout."""

    def __init__(self, *, events: Console, answer: Console) -> None:
        """Write to these consoles."""
        self._events = events
        self._answer = answer

    def show(self, event: Event) -> None:
        """One line for one event; pieces of the answer are shown at the end, as a whole."""
        line = harmless(line_of(event))
        if line:
            agent = f"{event.agent:<{AGENT_WIDTH}}"
            self._events.print(Text.assemble((f"{event.at:%H:%M:%S} ", "dim"), (agent, "cyan"), line), soft_wrap=True)

    def end(self, event: Event) -> None:
        """The answer, or why there is none."""
        match event:
            case ApprovalRequested():
                until = f"until {event.data.expires_at:%Y-%m-%d %H:%M} UTC"
                self._events.print(f"[yellow]waits for your approval[/] {until}: {escape(harmless(event.data.why))}")
                self._events.print(f"decide with: netra chat --thread {event.thread_id}", soft_wrap=True)
            case AgentCompleted():
                text = harmless(event.data.answer)
                # What is drawn is fitted to the terminal; plain text is left as it is.
                drawn = self._answer.is_terminal
                self._answer.print(Markdown(text) if drawn else escape(text), soft_wrap=not drawn)
            case AgentFailed():
                where = f" ({event.data.component})" if event.data.component else ""
                self._events.print(
                    f"[red]failed[/]: {event.data.reason}{where}: {escape(harmless(event.data.message))}"
                )
            case RunCancelled():
                self._events.print(f"[yellow]cancelled[/] by {escape(event.data.by)}")
            case _:
                pass


def line_of(event: Event) -> str:
    """The event in words; empty for those that are not shown by themselves."""
    match event:
        case AgentStarted():
            return event.data.task
        case AgentThinking():
            return event.data.text
        case ToolExecuting():
            return f"→ {_call(event.data.tool, event.data.arguments)}"
        case ApprovalRequested():
            return f"asks: {_call(event.data.tool, event.data.arguments)}?"
        case ApprovalDecided():
            note = f": {event.data.note}" if event.data.note else ""
            return f"{'approved' if event.data.approved else 'refused'} by {event.data.by}{note}"
        case ToolCompleted():
            error = f": {event.data.error}" if event.data.error else ""
            return f"← {event.data.tool} {event.data.status} in {event.data.ms:.0f} ms{error}"
        case AgentHandoff():
            return f"hands over to {event.data.to}: {event.data.reason}"
        case AgentCompleted():
            return f"done in {event.data.ms:.0f} ms" if event.data.final else ""
        case RunQueued() | AnswerDelta() | AgentFailed() | RunCancelled():
            return ""


def _call(tool: str, arguments: Mapping[str, object]) -> str:
    shown = ", ".join(f"{name}={value}" for name, value in arguments.items())
    return f"{tool}({shown[:ARGUMENTS]}{'…' if len(shown) > ARGUMENTS else ''})"

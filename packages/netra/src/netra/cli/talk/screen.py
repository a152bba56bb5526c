"""What `netra chat` shows: events and notes on stderr, answers on stdout, drawn on a terminal and plain elsewhere."""

from collections.abc import Sequence

from rich.console import Console
from rich.markdown import Markdown
from rich.text import Text

from netra.cli.harmless import harmless
from netra.cli.talk.blocks import Blocks
from netra.cli.talk.charts import drawn
from netra.cli.transcript import Transcript
from netra.events.union import AgentCompleted, AnswerDelta, Event, is_terminal
from netra.threads.records import Message, Thread

TITLE = 48


class Screen:
    """Two consoles that are often one terminal."""

    def __init__(self, notes: Console, answers: Console) -> None:
        """Write to these."""
        self._notes = notes
        self._answers = answers
        self._transcript = Transcript(events=notes, answer=answers)
        self._blocks = Blocks()
        self._said = ""

    def event(self, event: Event) -> None:
        """Show it as it happens; the answer block by block on a terminal, elsewhere as it comes."""
        if isinstance(event, AnswerDelta):
            self._said += event.data.text
            self._piece(event.data.text)
            return
        if is_terminal(event):
            self._end(event)
        self._transcript.show(event)

    def note(self, text: str, style: str = "dim") -> None:
        """A line beside the conversation."""
        self._notes.print(Text(harmless(text), style=style), soft_wrap=True)

    def said(self, message: Message) -> None:
        """One message of a thread that was opened."""
        if message.role == "user":
            self._notes.print(Text(f"{message.created_at:%Y-%m-%d %H:%M} ", "dim"), end="")
            self._notes.print(Text(f"> {harmless(message.content)}", "bold"), soft_wrap=True)
        else:
            self._draw(message.content)

    def threads(self, threads: Sequence[Thread]) -> None:
        """A numbered list, a line each; what does not fit is cut."""
        titles = [(harmless(thread.title) or "(untitled)")[:TITLE] for thread in threads]
        wide = max(map(len, titles), default=0)
        for number, (thread, title) in enumerate(zip(threads, titles, strict=True), 1):
            excerpt = " ".join(harmless(thread.excerpt).split())
            line = f"{number:>2}  {thread.updated_at:%Y-%m-%d %H:%M}  {title:<{wide}}  "
            self._notes.print(Text.assemble(line, (excerpt, "dim")), no_wrap=True, overflow="ellipsis")
        if not threads:
            self.note("no threads")

    def _piece(self, text: str) -> None:
        if not self._answers.is_terminal:
            self._answers.file.write(harmless(text))
            self._answers.file.flush()
            return
        for block in self._blocks.add(text):
            self._draw(block)

    def _end(self, event: Event) -> None:
        """The rest of the answer; all of it when none of it was heard, as when a run is met at its end."""
        left = self._blocks.end()
        whole = event.data.answer if isinstance(event, AgentCompleted) else ""
        if self._said and self._answers.is_terminal:
            self._draw(left)
        elif self._said:
            self._answers.file.write("\n")
        elif whole:
            self._draw(whole)
        self._said = ""
        if not isinstance(event, AgentCompleted):
            self._transcript.end(event)
        elif self._answers.is_terminal:
            for chart in drawn(event.data.result):
                self._answers.print(Text(harmless(f"{chart}\n")), soft_wrap=True)

    def _draw(self, text: str) -> None:
        if not text.strip():
            return
        if self._answers.is_terminal:
            self._answers.print(Markdown(harmless(text)))
            self._answers.print()
        else:
            self._answers.print(Text(harmless(text)), soft_wrap=True)

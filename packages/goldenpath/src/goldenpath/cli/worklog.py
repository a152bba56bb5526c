"""`goldenpath worklog`: render a worklog from its journal, or verify the rendered one."""

import json
from typing import Literal

import click
from rich.console import Console

from goldenpath.cli.options import Context, finish, shared
from goldenpath.errors import StateError
from goldenpath.loop.engine import journal_path
from goldenpath.loop.journal import read
from goldenpath.worklog.files import write_files
from goldenpath.worklog.fold import fold
from goldenpath.worklog.render import html, markdown
from goldenpath.worklog.summary import summary
from goldenpath.worklog.terminal import TerminalView, closing

Format = Literal["terminal", "markdown", "html"]


@click.command()
@click.argument("loop_id", default="")
@click.option("--format", "form", type=click.Choice(["terminal", "markdown", "html"]), default="terminal")
@click.option("--verify", is_flag=True, help="Compute the files again and compare; exit 1 when they differ.")
@shared
def command(context: Context, loop_id: str, form: Format, verify: bool) -> None:
    """Render the worklog of LOOP_ID, or of the newest loop."""
    name = loop_id or newest(context)
    path = journal_path(context.state_dir, name)
    events = read(path)
    log = fold(events)
    if verify:
        texts = {"worklog.md": markdown(log), "worklog.html": html(log)}
        differ = [f for f, text in texts.items() if (path.parent / f).read_text(encoding="utf-8") != text]
        print(json.dumps({"verdict": "fail" if differ else "pass", "differ": differ, "events": len(events)}))
        finish("fail" if differ else "pass")
    if context.output == "json":
        written = write_files(log, path.parent)
        print(json.dumps(summary(log, str(written[0].relative_to(context.project)))))
        return
    if form != "terminal":
        print(markdown(log) if form == "markdown" else html(log))
        return
    console = Console(highlight=False)
    view = TerminalView(console)
    for event in events:
        view(event)
    closing(log, console)


def newest(context: Context) -> str:
    """The newest loop of the environment."""
    journals = sorted((context.state_dir / "loops").glob("*/journal.jsonl"))
    if not journals:
        raise StateError("there is no loop yet", where=str(context.state_dir / "loops"), hint="goldenpath loop")
    return journals[-1].parent.name

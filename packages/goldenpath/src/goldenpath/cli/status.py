"""`goldenpath status`: what runs, which revision has the traffic, and where the front door is."""

import asyncio

import click
from rich.console import Group, RenderableType
from rich.table import Table

from goldenpath.cli.options import Context, finish, shared, show
from goldenpath.deploy.local.view import LocalView
from goldenpath.deploy.target import ProcessState, ProcessStatus, Revision
from goldenpath.facts import Record, Verdict

COLOURS: dict[ProcessState, str] = {
    "running": "green",
    "starting": "yellow",
    "frozen": "red",
    "exited": "red",
    "missing": "red",
}
SHOWN_REVISIONS = 10


class Status(Record):
    """The result of the command."""

    verdict: Verdict
    """`pass`: a revision is live and every process runs. `not_proven`: nothing is live."""
    system: str
    environment: str
    supervisor: str
    """`running`, `killed` or `none`."""
    door: str
    """The front door; empty while no revision has the traffic."""
    live: str
    last_good: str
    processes: tuple[ProcessStatus, ...]
    revisions: tuple[Revision, ...]


@click.command()
@shared
def command(context: Context) -> None:
    """Show processes, revisions and the front door."""
    status = asyncio.run(read_status(context))
    show(context, status, _text(status))
    finish(status.verdict)


async def read_status(context: Context) -> Status:
    """How the environment is now."""
    target = LocalView(context.system, context.project, context.environment)
    live, good, processes = target.live(), target.last_good(), await target.processes()
    return Status(
        verdict=verdict_of(live, processes),
        system=context.system.system.name,
        environment=context.environment,
        supervisor=target.supervisor(),
        door=target.door() if live else "",
        live=live.name if live else "",
        last_good=good.name if good else "",
        processes=processes,
        revisions=target.revisions(),
    )


def verdict_of(live: Revision | None, processes: tuple[ProcessStatus, ...]) -> Verdict:
    """Whether what should run does run."""
    if live is None:
        return "not_proven"
    needed = [p for p in processes if p.revision in ("", live.name)]
    return "pass" if all(p.state == "running" for p in needed) else "fail"


def _text(status: Status) -> RenderableType:
    head = f"{status.system} in {status.environment}: live {status.live or 'nothing'}"
    door = f" at {status.door}" if status.door else ""
    supervisor = f"supervisor {status.supervisor}; last good {status.last_good or 'none'}"
    return Group(f"{head}{door}", supervisor, _processes(status.processes), _revisions(status))


def _processes(processes: tuple[ProcessStatus, ...]) -> Table:
    table = Table("component", "revision", "state", "pid", "up", "exit", box=None, pad_edge=False)
    for p in processes:
        name = f"{p.component}/{p.replica}" if p.replica else p.component
        code = "" if p.exit_code is None else str(p.exit_code)
        up = f"{p.uptime_s:.0f} s" if p.uptime_s else ""
        table.add_row(name, p.revision or "shared", f"[{COLOURS[p.state]}]{p.state}[/]", str(p.pid or ""), up, code)
    return table


def _revisions(status: Status) -> Table:
    table = Table("revision", "state", "from", "made", "changes", "fingerprint", box=None, pad_edge=False)
    for r in status.revisions[-SHOWN_REVISIONS:]:
        made = f"{r.created_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(r.name, r.state, r.based_on or "manifest", made, ", ".join(r.changes), r.fingerprint[:12])
    return table

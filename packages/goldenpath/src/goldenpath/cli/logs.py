"""`goldenpath logs`: what a component wrote."""

import json
import re
import time
from datetime import UTC, datetime, timedelta

import click
from pydantic import JsonValue

from goldenpath.cli.options import Context, finish, shared
from goldenpath.deploy.local.log_files import Follower, Line, text_of
from goldenpath.deploy.local.view import LocalView
from goldenpath.errors import UsageError

POLL_S = 0.2
LEVELS = ("debug", "info", "warning", "error", "critical")
AGO = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d)")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SHOWN_ELSEWHERE = frozenset(
    {"at", "level", "component", "revision", "replica", "stream", "logger"}
    | {"event", "message", "msg", "cause", "error", "phase", "outcome"}
)


@click.command()
@click.argument("component")
@click.option("--follow", is_flag=True, help="Go on with new lines; with JSON output each line is an object.")
@click.option("--revision", default="", help="Only of this revision.")
@click.option("--since", default="", metavar="TIME", help="An ISO time, or how long ago: 30s, 5m, 2h.")
@click.option("--level", type=click.Choice(LEVELS), default="debug", help="This level and worse.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=200, show_default=True, help="How many lines.")
@shared
def command(
    context: Context, component: str, *, follow: bool, revision: str, since: str, level: str, limit: int
) -> None:
    """Show the log lines of COMPONENT."""
    target = LocalView(context.system, context.project, context.environment)
    follower = Follower(target.log_files(component, revision)) if follow else None
    start = moment(since, datetime.now(UTC)) if since else None
    found = target.logs(component, revision=revision, since=start, limit=limit)
    chosen = [line for line in found if at_least(line, level)]
    if follower is None:
        _print_all(context, component, chosen)
        finish("pass")
    _print_each(context, chosen)
    while True:
        new = follower.new_lines(target.log_files(component, revision))
        _print_each(context, [line for line in new if at_least(line, level)])
        time.sleep(POLL_S)


def moment(text: str, now: datetime) -> datetime:
    """The time that `--since` means."""
    if ago := AGO.fullmatch(text):
        return now - timedelta(seconds=float(ago[1]) * SECONDS[ago[2]])
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError("not a time", where=f"--since {text}", hint="such as 5m or 2026-01-31T12:00:00") from error
    return at if at.tzinfo else at.astimezone()


def at_least(line: Line, level: str) -> bool:
    """Whether the line is that bad; one on stderr that states no level may be a traceback and always counts."""
    stated = str(line.get("level", "")).lower()
    if stated not in LEVELS:
        return level == LEVELS[0] or line.get("stream") == "stderr"
    return LEVELS.index(stated) >= LEVELS.index(level)


def as_text(line: Line) -> str:
    """One line for people."""
    source = f"{line.get('component')}/{line.get('replica')} {line.get('revision') or 'shared'}"
    rest = " ".join(f"{name}={_word(value)}" for name, value in line.items() if name not in SHOWN_ELSEWHERE)
    return f"{line.get('at')} {line.get('level', '-')} {source} {text_of(line)} {rest}".rstrip()


def _word(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _print_all(context: Context, component: str, lines: list[Line]) -> None:
    if context.output == "json":
        print(json.dumps({"component": component, "lines": lines}))
    else:
        _print_each(context, lines)


def _print_each(context: Context, lines: list[Line]) -> None:
    for line in lines:
        print(json.dumps(line) if context.output == "json" else as_text(line), flush=True)

"""`goldenpath fix code`: mechanical changes as a diff; with `--apply` written, if nothing new is found after them."""

import asyncio

import click
from pydantic import JsonValue

from goldenpath.cli.check_code import engine_of
from goldenpath.cli.options import Context, finish, shared, show
from goldenpath.facts import Verdict


@click.command("code")
@click.option(
    "--apply", "applied", is_flag=True, help="Write the changes, and take them back if they bring new findings."
)
@click.option("--rule", "chosen", multiple=True, metavar="RULE", help="Only the changes of this rule.")
@shared
def fix_code(context: Context, chosen: tuple[str, ...], *, applied: bool) -> None:
    """Show the mechanical changes of the product's code as a diff, or apply them."""
    engine = engine_of("goldenpath.code.fixing")
    fixing = engine.Fixing(context.project, context.system.code, chosen)
    planned = fixing.plan()
    statement = asyncio.run(fixing.apply(planned)) if applied and planned else ""
    verdict: Verdict = "pass" if not planned or (applied and not statement) else "fail"
    files: list[JsonValue] = [
        {"path": one.path, "rules": [*one.rules], "diff": one.diff, "refused": one.refused} for one in planned
    ]
    body: dict[str, JsonValue] = {"verdict": verdict, "applied": applied and not statement, "files": files}
    show(context, {**body, "statement": statement}, _text([one.diff for one in planned], statement, applied=applied))
    finish(verdict)


def _text(diffs: list[str], statement: str, *, applied: bool) -> str:
    if not diffs:
        return "nothing to change"
    if statement:
        return f"undone: {statement}"
    done = "applied" if applied else "not applied: look at it, then give --apply"
    return f"{''.join(diffs)}{len(diffs)} files, {done}"

"""`goldenpath down`: stop everything of an environment."""

import asyncio

import click

from goldenpath.cli.options import Context, finish, shared, show
from goldenpath.deploy.local.target import LocalTarget


@click.command()
@click.option("--purge", is_flag=True, help="Delete data, revisions, secrets and logs, too.")
@shared
def command(context: Context, *, purge: bool) -> None:
    """Stop everything of an environment; its data stay."""
    target = LocalTarget(context.system, context.project, context.environment)
    ended = asyncio.run(_down(target, purge=purge))
    kept = "nothing is left" if purge else f"its data stay in {context.state_dir}"
    result = {"verdict": "pass", "environment": context.environment, "processes": ended, "purged": purge}
    show(context, result, f"{context.environment}: {ended} processes ended, {kept}")
    finish("pass")


async def _down(target: LocalTarget, *, purge: bool) -> int:
    alive = [p for p in await target.processes() if p.pid and p.exit_code is None]
    await (target.purge() if purge else target.down())
    return len(alive)

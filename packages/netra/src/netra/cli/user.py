"""`netra user`: give an account its role. The first operator is made here, by who may write the database."""

import asyncio
import getpass

import click

from netra.auth import audit
from netra.auth.accounts import set_role
from netra.auth.audit import Entry, Origin
from netra.auth.principal import Role
from netra.cli.reach import reached
from netra.settings.contract import process_environment
from netra.stores import postgres


@click.group()
def command() -> None:
    """Make an account an operator's, or a user's again."""


@command.command("promote")
@click.argument("email")
def promote_command(email: str) -> None:
    """Make this account an operator's; it may use the operators' routes within two seconds."""
    print(asyncio.run(_give(email, "operator")))


@command.command("demote")
@click.argument("email")
def demote_command(email: str) -> None:
    """Make this account a user's again; what only operators may do is refused within two seconds."""
    print(asyncio.run(_give(email, "user")))


async def _give(email: str, role: Role) -> str:
    """Change the role and note it, both or neither."""
    async with (
        reached(process_environment()) as settings,
        postgres.pool(settings.postgres) as pool,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        user_id, before = await set_role(connection, email, role)
        if before == role:
            return f"{email} is {role} already"
        entry = Entry(
            type="role_changed",
            origin=Origin(),
            user_id=user_id,
            actor=f"netra user, {getpass.getuser()}",
            detail=f"{before} to {role}",
        )
        await audit.add(connection, [(entry, entry.origin, 1)])
    return f"{email} is {role} now"

"""Which account a person of an identity provider opens: `docs/decisions/0007-oidc-linking.md` says why.

An email never opens an account that exists. The provider's account does, once it is linked; and only who is logged in
links it.
"""

import re
from uuid import UUID

from netra.auth.accounts import NO_PASSWORD, Account, account_of
from netra.auth.accounts import QUERIES as ACCOUNTS
from netra.auth.oidc import Person
from netra.errors import ConflictError, ForbiddenError
from netra.stores.database import Connection, Pool
from netra.stores.queries import load

QUERIES = load("netra.auth", "sql/identities.sql")
EMAIL = re.compile(r"[!-?A-~]{1,64}@[!-?A-~]{1,189}")


class Identities:
    """Finds, makes and links accounts."""

    def __init__(self, pool: Pool) -> None:
        """Keep links in this database."""
        self._pool = pool

    async def account(self, person: Person) -> tuple[Account, bool]:
        """The person's account, and whether it was made now.

        Raises ForbiddenError without a verified email to make one from, ConflictError when that email has one.
        """
        row = await self._pool.fetchrow(QUERIES["account"], person.issuer, person.subject)
        if row is not None:
            return account_of(row), False
        if not person.email_verified or not EMAIL.fullmatch(person.email):
            raise ForbiddenError(
                "the identity provider does not vouch for an email", where="oidc", hint="verify the email there"
            )
        async with self._pool.acquire() as connection, connection.transaction():
            return await self._made(connection, person), True

    async def link(self, user_id: UUID, person: Person) -> None:
        """Let the provider's account open this one too; raises ConflictError if it opens another."""
        owner = await self._pool.fetchval(QUERIES["link"], person.issuer, person.subject, user_id)
        if owner != user_id:
            raise ConflictError("the provider's account opens another account here", where="oidc")

    async def _made(self, connection: Connection, person: Person) -> Account:
        row = await connection.fetchrow(ACCOUNTS["create_user"], person.email, NO_PASSWORD, person.name)
        if row is None:
            raise ConflictError(
                "this email has an account that is not linked to the provider",
                where="oidc",
                hint="log in with its password, then link the provider: POST /api/auth/oidc/link",
            )
        account = account_of(row)
        owner = await connection.fetchval(QUERIES["link"], person.issuer, person.subject, account.user_id)
        if owner != account.user_id:
            raise ConflictError("this was done twice at once", where="oidc", hint="log in again")
        return account

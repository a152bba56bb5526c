"""Which account a person of an identity provider opens: `docs/decisions/0007-oidc-linking.md` says why.

An email never opens an account that exists. The provider's account does, once it is linked; and only who is logged in,
and proves to be there, links it.
"""

import re
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from netra.auth.accounts import NO_PASSWORD, Account, Registration, account_of, register
from netra.auth.accounts import QUERIES as ACCOUNTS
from netra.auth.oidc import Person
from netra.auth.principal import Principal
from netra.errors import ConflictError, ForbiddenError, NotFoundError
from netra.stores.database import Connection, Executor
from netra.stores.queries import load

QUERIES = load("netra.auth", "sql/identities.sql")
EMAIL = re.compile(r"[!-?A-~]{1,64}@[!-?A-~]{1,189}")


class EmailKnownError(ConflictError):
    """The email has an account that is not linked to the provider."""


class LinkedElsewhereError(ConflictError):
    """The provider's account opens another account here."""


class Identity(BaseModel):
    """A provider's account that opens one of ours."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    issuer: str
    subject: str
    linked_at: datetime


async def account_for(connection: Connection, person: Person) -> tuple[Account, bool]:
    """The person's account, and whether it was made now.

    Raises ForbiddenError without a verified email to make one from, ConflictError when that email has one.
    """
    row = await connection.fetchrow(QUERIES["account"], person.issuer, person.subject)
    if row is not None:
        return account_of(row), False
    if not person.email_verified or not EMAIL.fullmatch(person.email):
        raise ForbiddenError(
            "the identity provider does not vouch for an email", where="oidc", hint="verify the email there"
        )
    return await _made(connection, person), True


async def link(connection: Connection, user_id: UUID, person: Person) -> None:
    """Let the provider's account open this one too; raises ConflictError if it opens another."""
    owner = await connection.fetchval(QUERIES["link"], person.issuer, person.subject, user_id)
    if owner != user_id:
        raise LinkedElsewhereError("the provider's account opens another account here", where="oidc")


async def identities_of(database: Executor, principal: Principal) -> tuple[Identity, ...]:
    """What opens the person's account beside its password, oldest first."""
    rows = await database.fetch(QUERIES["of_person"], principal.user_id)
    return tuple(Identity.model_validate(dict(row.items())) for row in rows)


async def unlink(connection: Connection, principal: Principal, identity_id: UUID) -> str:
    """Let it open the account no more; answers its issuer.

    Raises NotFoundError, or ConflictError when nothing else opens the account.
    """
    # Held, so that of two that are left neither is unlinked while the other goes.
    password = await connection.fetchval(QUERIES["hold_person"], principal.user_id)
    issuer = await connection.fetchval(QUERIES["unlink"], principal.user_id, identity_id)
    if issuer is None:
        raise NotFoundError("no such identity", where="identity_id", hint="see GET /api/auth/oidc/identities")
    if password == NO_PASSWORD and not await identities_of(connection, principal):
        raise ConflictError("nothing else opens this account", where="identity_id", hint="link another one first")
    return str(issuer)


async def _made(connection: Connection, person: Person) -> Account:
    taken = await connection.fetchrow(ACCOUNTS["user_by_email"], person.email)
    if taken is not None:
        raise EmailKnownError(
            "this email has an account that is not linked to the provider",
            where="oidc",
            hint="log in with its password, then link the provider: POST /api/auth/oidc/link",
        )
    wanted = Registration(email=person.email, encoded=NO_PASSWORD, display_name=person.name)
    account = await register(connection, wanted)
    owner = await connection.fetchval(QUERIES["link"], person.issuer, person.subject, account.user_id)
    if owner != account.user_id:
        raise ConflictError("this was done twice at once", where="oidc", hint="log in again")
    return account

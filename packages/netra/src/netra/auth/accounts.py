"""Accounts: who may log in, and with which password."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from netra.auth.passwords import Passwords
from netra.auth.principal import Plan, Principal, Role
from netra.errors import ConflictError, UnauthorizedError
from netra.stores.database import Pool, Record
from netra.stores.queries import load

QUERIES = load("netra.auth", "sql/auth.sql")


class Account(BaseModel):
    """A person's account as its owner may read it."""

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    tenant_id: UUID
    email: str
    display_name: str
    role: Role
    plan: Plan
    created_at: datetime

    @property
    def principal(self) -> Principal:
        """The account as the one who asks."""
        return Principal(
            user_id=self.user_id, tenant_id=self.tenant_id, email=self.email, role=self.role, plan=self.plan
        )


class Registration(BaseModel):
    """What a new account is made of; the email is in lower case."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    email: str
    password: str
    display_name: str = ""


class Accounts:
    """Registers and recognises people."""

    def __init__(self, pool: Pool, passwords: Passwords) -> None:
        """Keep accounts in this database."""
        self._pool = pool
        self._passwords = passwords

    async def register(self, registration: Registration) -> Account:
        """Make the account with a tenant of its own; raises ConflictError if the email has one."""
        encoded = await self._passwords.hash(registration.password)
        row = await self._pool.fetchrow(QUERIES["create_user"], registration.email, encoded, registration.display_name)
        if row is None:
            raise ConflictError("this email has an account", where="email", hint="log in instead")
        return account_of(row)

    async def recognise(self, email: str, password: str) -> Account:
        """The account that this email and password open; raises UnauthorizedError without saying which is wrong."""
        row = await self._pool.fetchrow(QUERIES["user_by_email"], email)
        encoded = row["password_hash"] if row else None
        if not await self._passwords.verify(password, encoded) or row is None:
            raise UnauthorizedError("email or password is wrong", where="credentials", hint="check both, or register")
        if self._passwords.is_outdated(row["password_hash"]):
            await self._pool.execute(QUERIES["store_password"], row["id"], await self._passwords.hash(password))
        return account_of(row)

    async def of(self, principal: Principal) -> Account:
        """The principal's account as it is now; raises UnauthorizedError if it is gone."""
        row = await self._pool.fetchrow(QUERIES["user_by_id"], principal.user_id)
        if row is None:
            raise UnauthorizedError("the account of this token is gone", where="token", hint="register again")
        return account_of(row)


def account_of(row: Record | None) -> Account:
    """The account in a row of `users`; raises UnauthorizedError without one."""
    if row is None:
        raise UnauthorizedError("the account is gone", where="credentials", hint="register again")
    names = ("tenant_id", "email", "display_name", "role", "plan", "created_at")
    return Account(user_id=row["id"], **{name: row[name] for name in names})

"""Accounts: who may log in, and with which password."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from netra.auth.passwords import Passwords
from netra.auth.principal import Plan, Principal, Role
from netra.errors import ConflictError, ForbiddenError, NotFoundError, UnauthorizedError
from netra.stores.database import Connection, Executor, Pool, Record
from netra.stores.queries import load

QUERIES = load("netra.auth", "sql/auth.sql")
NO_PASSWORD = ""
"""Kept for an account that only an identity provider opens; no password matches it."""
DELETION_S = 60.0
"""All that somebody ever asked may take this long to go."""
FRESH = timedelta(minutes=10)
"""Without a password, a session this young proves that the person is there."""


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


class Profile(Account):
    """An account as its own page shows it."""

    has_password: bool = Field(description="False: only an identity provider opens it.")


class Registration(BaseModel):
    """What a new account is made of; the email is in lower case."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    email: str
    encoded: str
    """The password's hash; NO_PASSWORD for an account that only an identity provider opens."""
    display_name: str = ""


class WrongPasswordError(UnauthorizedError):
    """Email or password is wrong; the client does not learn which, the audit log does."""

    def __init__(self, user_id: UUID | None) -> None:
        """Carry whose account it was, if there is one."""
        super().__init__("email or password is wrong", where="credentials", hint="check both, or register")
        self.user_id = user_id


class Recognised(NamedTuple):
    """An account that a password opened, and the hash that the password fitted."""

    account: Account
    encoded: str


class PasswordChange(NamedTuple):
    """The hash that the present password fitted, and the next one's."""

    before: str
    after: str


class Proof(BaseModel):
    """How somebody with an open session proves to be there: the password, or a log-in of just now."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    password: str | None
    opened_at: datetime


class Accounts:
    """Recognises people."""

    def __init__(self, pool: Pool, passwords: Passwords) -> None:
        """Look accounts up in this database."""
        self._pool = pool
        self._passwords = passwords

    async def encoded(self, password: str) -> str:
        """The password's hash, made before a transaction so that none waits for it."""
        return await self._passwords.hash(password)

    async def recognise(self, email: str, password: str) -> Recognised:
        """The account that this email and password open; raises WrongPasswordError, whichever of them is wrong."""
        row = await self._pool.fetchrow(QUERIES["user_by_email"], email)
        encoded = (row["password_hash"] or None) if row else None
        if not await self._passwords.verify(password, encoded) or row is None:
            raise WrongPasswordError(row["id"] if row else None)
        encoded = str(row["password_hash"])
        if self._passwords.is_outdated(encoded):
            renewed = await self._passwords.hash(password)
            if not await _stored(self._pool, row["id"], PasswordChange(encoded, renewed)):
                # Another log-in renewed the hash, or somebody changed the password: look again.
                return await self.recognise(email, password)
            encoded = renewed
        return Recognised(account_of(row), encoded)

    async def of(self, principal: Principal) -> Profile:
        """The principal's account as it is now; raises UnauthorizedError if it is gone."""
        return _profile(await self._pool.fetchrow(QUERIES["profile"], principal.user_id))

    async def rename(self, principal: Principal, display_name: str) -> Profile:
        """Call the person by another name; raises UnauthorizedError if the account is gone."""
        return _profile(await self._pool.fetchrow(QUERIES["rename"], principal.user_id, display_name))

    async def checked_change(self, principal: Principal, current: str, new: str) -> PasswordChange:
        """What `change_password` needs; raises WrongPasswordError."""
        before = await self._check_password(principal, current)
        return PasswordChange(before, await self._passwords.hash(new))

    async def prove(self, principal: Principal, proof: Proof) -> None:
        """That the person is there; raises WrongPasswordError, or ForbiddenError that says what is needed."""
        if proof.password is not None:
            await self._check_password(principal, proof.password)
        elif await self._pool.fetchval(QUERIES["password_of"], principal.user_id) != NO_PASSWORD:
            raise ForbiddenError("the password is needed", where="body.password", hint="send the account's password")
        elif datetime.now(UTC) - proof.opened_at > FRESH:
            raise ForbiddenError("the log-in is too old for this", where="session", hint="log in at the provider again")

    async def open_runs(self, principal: Principal) -> tuple[UUID, ...]:
        """The person's runs that have not ended."""
        return tuple(row["id"] for row in await self._pool.fetch(QUERIES["open_runs_of"], principal.user_id))

    async def _check_password(self, principal: Principal, password: str) -> str:
        encoded: str | None = await self._pool.fetchval(QUERIES["password_of"], principal.user_id)
        if not await self._passwords.verify(password, encoded or None) or encoded is None:
            raise WrongPasswordError(principal.user_id)
        return encoded


async def register(database: Executor, registration: Registration) -> Account:
    """Make the account with a tenant of its own; raises ConflictError if the email has one."""
    asked = (registration.email, registration.encoded, registration.display_name)
    row = await database.fetchrow(QUERIES["create_user"], *asked)
    if row is None:
        raise ConflictError("this email has an account", where="email", hint="log in instead")
    return account_of(row)


async def change_password(connection: Connection, principal: Principal, change: PasswordChange) -> tuple[UUID, ...]:
    """Give the account another password and end all its sessions; answers which.

    Raises WrongPasswordError when the present one is no longer what was checked.
    """
    if not await _stored(connection, principal.user_id, change):
        raise WrongPasswordError(principal.user_id)
    return tuple(row["id"] for row in await connection.fetch(QUERIES["end_sessions_of"], principal.user_id))


async def delete(connection: Connection, principal: Principal) -> tuple[UUID, ...]:
    """Delete the account and all that is its; answers the sessions and keys that ended with it."""
    person = principal.user_id
    sessions = await connection.fetch(QUERIES["end_sessions_of"], person)
    keys = await connection.fetch(QUERIES["revoke_keys_of"], person)
    await connection.execute(QUERIES["anonymise_keys_of"], person)
    await connection.execute(QUERIES["forget_calls_of"], person, timeout=DELETION_S)
    tenant = await connection.fetchval(QUERIES["delete_account"], person, timeout=DELETION_S)
    await connection.execute(QUERIES["delete_tenant"], tenant)
    return tuple(row["id"] for row in (*sessions, *keys))


async def set_role(database: Executor, email: str, role: Role) -> tuple[UUID, Role]:
    """Give an account a role; answers whose it is and which it had. Raises NotFoundError."""
    row = await database.fetchrow(QUERIES["set_role"], email, role)
    if row is None:
        raise NotFoundError(f"there is no account {email}", where="email", hint="register it first")
    return row["id"], row["before"]


async def _stored(database: Executor, user_id: UUID, change: PasswordChange) -> bool:
    """Replace the hash, unless it is another by now; whether it was replaced."""
    return await database.execute(QUERIES["store_password"], user_id, change.after, change.before) == "UPDATE 1"


def _profile(row: Record | None) -> Profile:
    if row is None:
        raise UnauthorizedError("the account of this token is gone", where="token", hint="register again")
    return Profile(**account_of(row).model_dump(), has_password=row["has_password"])


def account_of(row: Record | None) -> Account:
    """The account in a row of `users`; raises UnauthorizedError without one."""
    if row is None:
        raise UnauthorizedError("the account is gone", where="credentials", hint="register again")
    names = ("tenant_id", "email", "display_name", "role", "plan", "created_at")
    return Account(user_id=row["id"], **{name: row[name] for name in names})

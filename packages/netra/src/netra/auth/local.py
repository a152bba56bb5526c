"""The account of whoever works on this machine: found or made where nobody was asked to register."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from netra.auth.accounts import QUERIES, Account, Registration, account_of, register
from netra.auth.passwords import Passwords
from netra.embedded.kept import kept, password
from netra.stores.database import Pool

EMAIL = "local@netra.localhost"
"""A name that can never receive mail (RFC 6761), so that nobody else registers with it by chance."""
SECRET = "secrets/local_account"  # noqa: S105 - the file's name


class LocalAccount(BaseModel):
    """The account, and the password that opens it."""

    model_config = ConfigDict(frozen=True)

    account: Account
    password: SecretStr


async def local_account(pool: Pool, state_dir: Path) -> LocalAccount:
    """Find or make it; its password is kept in the state folder, readable by its owner only.

    For environment `local` alone: who may write the database and the state folder may be this person anyway. When the
    folder lost the password, or the database is another one, the account gets the folder's.
    """
    secret = kept(state_dir / SECRET, password)
    passwords = Passwords()
    try:
        row = await pool.fetchrow(QUERIES["user_by_email"], EMAIL)
        if row is None:
            encoded = await passwords.hash(secret)
            account = await register(pool, Registration(email=EMAIL, encoded=encoded, display_name="Local"))
            return LocalAccount(account=account, password=SecretStr(secret))
        if not await passwords.verify(secret, row["password_hash"]):
            await pool.execute(QUERIES["store_password"], row["id"], await passwords.hash(secret), row["password_hash"])
        return LocalAccount(account=account_of(row), password=SecretStr(secret))
    finally:
        passwords.close()

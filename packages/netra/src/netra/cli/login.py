"""At which server a command of a person asks, and as whom."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import click
from pydantic import BaseModel, ConfigDict, SecretStr

from netra.auth.local import local_account
from netra.cli.serving import served
from netra.stores import postgres


class Login(BaseModel):
    """Where to ask, and as whom."""

    model_config = ConfigDict(frozen=True)

    url: str
    email: str
    password: SecretStr


@asynccontextmanager
async def chosen(url: str, email: str, given: Mapping[str, str], *, llm: bool) -> AsyncGenerator[Login]:
    """The server of `url` or NETRA_URL, else the one of this folder, which is started for the block if none runs.

    There the local account asks unless an email is named; a password is NETRA_PASSWORD's, or asked for.
    """
    url, email = url or given.get("NETRA_URL", ""), email or given.get("NETRA_EMAIL", "")
    if url:
        email = email or click.prompt("Email", err=True)
        yield Login(url=url, email=email, password=_password(given))
        return
    async with served(given, llm=llm) as settings:
        address = f"http://{settings.web.host}:{settings.web.port}"
        if email:
            yield Login(url=address, email=email, password=_password(given))
            return
        async with postgres.pool(settings.postgres) as pool:
            local = await local_account(pool, settings.state_dir)
        yield Login(url=address, email=local.account.email, password=local.password)


def _password(given: Mapping[str, str]) -> SecretStr:
    return SecretStr(given.get("NETRA_PASSWORD") or click.prompt("Password", hide_input=True, err=True))

"""What the doors need to know who asks: made once, with the app's lifetime."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from netra.auth.accounts import Accounts
from netra.auth.audit import Audit
from netra.auth.flows import Seal
from netra.auth.keys import KeyRing, PublicKey
from netra.auth.oidc import Provider
from netra.auth.passwords import Passwords
from netra.auth.sessions import Sessions
from netra.auth.standing import Standing
from netra.auth.tokens import Tokens
from netra.settings.model import Settings
from netra.stores.database import Pool

CALLBACK = "/api/auth/oidc/callback"
"""What the provider must know as the redirect address, after PUBLIC_URL."""


@dataclass(frozen=True, kw_only=True)
class Oidc:
    """Log-in through an identity provider."""

    provider: Provider
    seal: Seal


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Accounts, sessions and keys, and the log of what happened to them."""

    published_keys: tuple[PublicKey, ...]
    accounts: Accounts
    sessions: Sessions
    standing: Standing
    audit: Audit
    oidc: Oidc | None
    """None: no provider is configured."""


async def open_identity(stack: AsyncExitStack, settings: Settings, keys: KeyRing, pool: Pool) -> Identity:
    """Make it; the stack closes what runs."""
    passwords = Passwords()
    stack.callback(passwords.close)
    tokens = Tokens(keys, settings.environment)
    return Identity(
        published_keys=keys.published,
        accounts=Accounts(pool, passwords),
        sessions=Sessions(tokens),
        standing=await stack.enter_async_context(Standing(pool, tokens)),
        audit=await stack.enter_async_context(Audit(pool)),
        oidc=_oidc(settings, keys),
    )


def _oidc(settings: Settings, keys: KeyRing) -> Oidc | None:
    if settings.oidc is None:
        return None
    address = settings.web.public_url or f"http://{settings.web.host}:{settings.web.port}"
    provider = Provider(settings.oidc, address.rstrip("/") + CALLBACK)
    return Oidc(provider=provider, seal=Seal(keys))

"""The tokens that tenants' servers want, as PostgreSQL keeps them."""

from contextlib import suppress

from cryptography.fernet import InvalidToken
from pydantic import SecretStr

from netra.auth.keys import KeyRing
from netra.auth.sealing import box
from netra.errors import ToolError
from netra.settings.model import Settings

PURPOSE = "tokens of tool servers"


class Tokens:
    """Seals them, and opens them for a call."""

    def __init__(self, keys: KeyRing) -> None:
        """Seal with the current key, open with every key."""
        self._box = box(keys, PURPOSE)
        self._newest = box(KeyRing(keys.current), PURPOSE)

    @classmethod
    def of(cls, settings: Settings) -> "Tokens":
        """With the keys of these settings."""
        return cls(KeyRing.read(settings.auth_signing_key, settings.auth_previous_keys))

    def closed(self, token: SecretStr) -> str:
        """The token as it is kept."""
        return self._box.encrypt(token.get_secret_value().encode()).decode()

    def opened(self, kept: str) -> SecretStr:
        """The token; raises ToolError when it was sealed with a key that is gone."""
        try:
            return SecretStr(self._box.decrypt(kept.encode()).decode())
        except InvalidToken:
            message = "The server's token was sealed with a key that is gone: give the server its token again."
            raise ToolError(message, where="mcp") from None

    def renewed(self, kept: str) -> str | None:
        """The same token sealed with the current key; None when it is that already, or nothing here opens it."""
        with suppress(InvalidToken):
            self._newest.decrypt(kept.encode())
            return None
        with suppress(InvalidToken):
            return self._box.rotate(kept.encode()).decode()
        return None

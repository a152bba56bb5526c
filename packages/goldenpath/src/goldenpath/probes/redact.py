"""Keeping secrets out of everything that is recorded."""

import json
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from pydantic import JsonValue

from goldenpath.manifest.logins import MASK, without_passwords

SHORTEST = 4
"""Shorter values are words such as `a` or `dev`: masking them would destroy the text and hide nothing."""


class Redactor:
    """Replaces every known secret, also in its quoted and escaped forms, and the password of every address."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Hide these values from the beginning."""
        self._forms: set[str] = set()
        self._ordered: tuple[str, ...] = ()
        self.hide(*secrets)

    def hide(self, *secrets: str) -> None:
        """Hide these values from now on; values shorter than four characters are not hidden."""
        for secret in secrets:
            self._forms.update(form for form in _forms(secret) if len(form) >= SHORTEST)
        self._ordered = tuple(sorted(self._forms, key=len, reverse=True))

    def text(self, text: str) -> str:
        """The text without secrets."""
        for form in self._ordered:
            text = text.replace(form, MASK)
        return without_passwords(text)

    def value(self, value: JsonValue) -> JsonValue:
        """The JSON value without secrets, in keys too."""
        match value:
            case str():
                return self.text(value)
            case list():
                return [self.value(item) for item in value]
            case dict():
                return {self.text(key): self.value(item) for key, item in value.items()}
            case _:
                return value


def _forms(secret: str) -> set[str]:
    plain = {secret, secret.strip()}
    escaped = {form for s in plain for form in (repr(s)[1:-1], json.dumps(s)[1:-1], quote(s, safe=""), quote_plus(s))}
    return plain | escaped | {b64encode(s.encode()).decode().rstrip("=") for s in plain}

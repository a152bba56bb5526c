"""Takes secrets out of what a failing test prints; pure."""

import re
from collections.abc import Mapping

MASK = "[secret]"
SIGNED = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
"""The shape of a signed token (JWT)."""
OPAQUE = re.compile(r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{40,}(?![\w-])")
"""The shape of a random token: long, with small and capital letters and digits."""
SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL")
SHORTEST = 6
"""Masking shorter values would mask ordinary words."""
LONGEST = 6000
"""Characters of one message; the end of a traceback says most."""


def redacted(text: str, variables: Mapping[str, str]) -> str:
    """The text without the values of secret variables and without anything shaped like a token; cut to its end."""
    for name, value in variables.items():
        if SECRET_NAME.search(name) and len(value) >= SHORTEST:
            text = text.replace(value, MASK)
    masked = OPAQUE.sub(MASK, SIGNED.sub(MASK, text))
    return masked if len(masked) <= LONGEST else f"…{masked[-LONGEST:]}"

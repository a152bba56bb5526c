"""Text of others for a terminal: what would move its cursor, rename its window or turn the reading order is shown."""

import re

UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and line feed (ECMA-48), and the marks that reorder text (UAX 9)."""
SHOWN = "\ufffd"


def harmless(text: str) -> str:
    """The text with a sign in the place of each such character."""
    return UNFIT.sub(SHOWN, text)

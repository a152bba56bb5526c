"""Passwords within addresses, which no name of a variable gives away; pure."""

import re

MASK = "•••"
_PASSWORD = re.compile(r"(?P<before>[a-z][a-z0-9+]*://[^\s:/@'\"]*:)[^\s/'\"]+(?=@)")


def without_passwords(text: str) -> str:
    """The text with the password of every address such as `redis://user:password@host` replaced."""
    return _PASSWORD.sub(rf"\g<before>{MASK}", text) if "://" in text else text


def has_password(text: str) -> bool:
    """Whether an address with a password is in the text."""
    return _PASSWORD.search(text) is not None

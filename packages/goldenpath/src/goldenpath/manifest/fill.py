"""Placeholders of the manifest, such as `{port:postgres}`, and their filling in."""

import re
from collections.abc import Mapping

from pydantic import JsonValue

from goldenpath.errors import ManifestError

_PLACEHOLDER = re.compile(r"\{([a-z_]+(?::[A-Za-z0-9_-]+)?)\}")
"""Other braces, such as those of a JSON value, are text."""
REFERENCE, FILE, SECRET = "variable:", "file:", "secret:"
_SECRET_WORDS = re.compile(r"(^|_)(SECRET|PASSWORD|PASSWD|TOKEN|KEY|CREDENTIALS?|DSN)(_|$)")


def placeholders(text: str) -> tuple[str, ...]:
    """The names between braces in this text, in order."""
    return tuple(_PLACEHOLDER.findall(text))


def references_of(template: str) -> tuple[str, ...]:
    """The variables whose values this template takes in: `{variable:NAME}`."""
    return tuple(n.removeprefix(REFERENCE) for n in placeholders(template) if n.startswith(REFERENCE))


def holds_secret(name: str, template: str, variables: Mapping[str, str]) -> bool:
    """Whether a variable holds a secret: by its name, by its placeholder, or by what it is made of."""
    if _SECRET_WORDS.search(name) or any(p.startswith(SECRET) for p in placeholders(template)):
        return True
    return any(holds_secret(other, variables.get(other, ""), {}) for other in references_of(template))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with every placeholder replaced; raises ManifestError for one without a value."""
    unknown = sorted(set(placeholders(text)) - set(values))
    if unknown:
        names = ", ".join(f"{{{name}}}" for name in unknown)
        known = ", ".join(f"{{{name}}}" for name in sorted(values))
        raise ManifestError(f"unknown placeholder {names}", hint=f"known here: {known or 'none'}")
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def fill_json(value: JsonValue, values: Mapping[str, str]) -> JsonValue:
    """The JSON value with the placeholders of all its texts replaced; keys stay as they are."""
    match value:
        case str():
            return fill(value, values)
        case list():
            return [fill_json(item, values) for item in value]
        case dict():
            return {key: fill_json(item, values) for key, item in value.items()}
        case _:
            return value

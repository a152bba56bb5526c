"""Whether arguments fit a JSON Schema; apart, for the import costs a fifth of a second and few runs need it."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from pydantic import JsonValue
from referencing import Registry
from referencing.exceptions import Unresolvable


def misfit(schema: Mapping[str, JsonValue], arguments: Mapping[str, JsonValue]) -> str:
    """Why they do not fit, or nothing; what the schema refers to elsewhere is never fetched."""
    validator: Any = Draft202012Validator(dict(schema), registry=Registry[Any]())
    try:
        validator.validate(dict(arguments))
    except ValidationError as error:
        return error.message[:300]
    except (SchemaError, Unresolvable):
        return "the server's description of its parameters cannot be followed"
    return ""

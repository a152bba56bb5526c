"""The env contract of a system that states none: what its variables in the manifest imply. Or a file that states it."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue, TypeAdapter, ValidationError

from goldenpath.errors import ManifestError
from goldenpath.manifest.fill import holds_secret, references_of
from goldenpath.manifest.model import System

_OBJECT = TypeAdapter(dict[str, JsonValue])


def implied_contract(system: System, environment: str) -> dict[str, JsonValue]:
    """Every variable must be there, and must not be empty where the manifest gives it a value."""
    variables = system.environments[environment].variables
    properties: dict[str, JsonValue] = {name: _property(name, text, variables) for name, text in variables.items()}
    made = {name: references_of(text) for name, text in variables.items() if references_of(text)}
    required: list[JsonValue] = [*sorted(variables.keys() - made)]
    # Where a variable that others are made of is not set, it alone is missing.
    together: dict[str, JsonValue] = {
        source: [name for name, sources in made.items() if sources[0] == source]
        for source in dict.fromkeys(sources[0] for sources in made.values())
    }
    return {"type": "object", "properties": properties, "required": required, "dependentRequired": together}


def _property(name: str, template: str, variables: Mapping[str, str]) -> JsonValue:
    said: dict[str, JsonValue] = {"type": "string"}
    if template:
        said["minLength"] = 1
    if holds_secret(name, template, variables):
        said["x-secret"] = True
    if made_of := references_of(template):
        # A change of what a variable is made of is noted there, and not again here.
        said["x-follows"] = [*made_of]
    return said


def read_contract(path: Path) -> dict[str, JsonValue]:
    """The contract that a file states; ManifestError when it cannot be read."""
    try:
        return _OBJECT.validate_json(path.read_bytes())
    except OSError as error:
        raise ManifestError(f"{path.name}: {error.strerror}", where="contract.schema_file") from error
    except ValidationError as error:
        raise ManifestError(f"{path.name} is no JSON object", where="contract.schema_file") from error

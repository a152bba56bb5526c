"""The env contract of a system that states none: what its variables in the manifest imply. Or a file that states it."""

from pathlib import Path

from pydantic import JsonValue, TypeAdapter, ValidationError

from goldenpath.errors import ManifestError
from goldenpath.manifest.fill import holds_secret, placeholders
from goldenpath.manifest.model import System

_OBJECT = TypeAdapter(dict[str, JsonValue])


def implied_contract(system: System, environment: str) -> dict[str, JsonValue]:
    """Every variable must be there, and must not be empty where the manifest gives it a value."""
    variables = system.environments[environment].variables
    # Each revision gets its own name and ports: no change of the configuration.
    own = {"revision", *(f"port:{name}" for name, spec in system.components.items() if spec.lifetime == "revision")}
    plain = {text: name for name, text in variables.items() if text.removeprefix("{").removesuffix("}") in own}
    properties: dict[str, JsonValue] = {}
    for name, template in variables.items():
        mine = sorted(own & set(placeholders(template)))
        follows: list[JsonValue] = [plain[f"{{{p}}}"] for p in mine if f"{{{p}}}" in plain]
        properties[name] = {
            "type": "string",
            **({"minLength": 1} if template else {}),
            **({"x-secret": True} if holds_secret(name, template, variables) else {}),
            **({"x-process-only": True} if template in plain or len(follows) < len(mine) else {}),
            **({"x-follows": follows} if follows and template not in plain else {}),
        }
    required: list[JsonValue] = [*sorted(variables)]
    return {"type": "object", "properties": properties, "required": required}


def read_contract(path: Path) -> dict[str, JsonValue]:
    """The contract that a file states; ManifestError when it cannot be read."""
    try:
        return _OBJECT.validate_json(path.read_bytes())
    except OSError as error:
        raise ManifestError(f"{path.name}: {error.strerror}", where="contract.schema_file") from error
    except ValidationError as error:
        raise ManifestError(f"{path.name} is no JSON object", where="contract.schema_file") from error

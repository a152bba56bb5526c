"""`schemas/*.json`: the JSON Schema of what each command prints with `--output json`."""

import json
from typing import Any

from pydantic import JsonValue, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from goldenpath.cli.bisect import Bisected
from goldenpath.cli.deploy import Deployed
from goldenpath.cli.status import Status
from goldenpath.cli.test import Tested
from goldenpath.code.model import CodeReport
from goldenpath.diagnosis.bundle import Bundle

from . import shapes

SHAPES: dict[str, Any] = {
    "goldenpath-loop": shapes.LoopResult,
    "goldenpath-check": shapes.CheckResult,
    "goldenpath-check-code": CodeReport,
    "goldenpath-test": Tested,
    "goldenpath-why": shapes.WhyResult,
    "goldenpath-bundle": Bundle,
    "goldenpath-bisect": Bisected,
    "goldenpath-fix": shapes.FixReport,
    "goldenpath-deploy": Deployed,
    "goldenpath-status": Status,
    "goldenpath-drill-run": shapes.DrillReport,
    "goldenpath-drill-adopt": shapes.Adopted,
    "goldenpath-init": shapes.Drafted,
    "goldenpath-fix-code": shapes.CodeFixed,
    "goldenpath-down": shapes.Ended,
    "goldenpath-error": shapes.ErrorResult,
    "netra-ask": shapes.Asked,
    "netra-config-check": shapes.ConfigCheck,
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Printed(GenerateJsonSchema):
    """Schemas of what is printed: a key with a default is printed, too."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        if field["type"] == "typed-dict-field":
            return bool(field.get("required", total))
        return not field.get("serialization_exclude")


def made() -> dict[str, str]:
    """The files by path."""
    return {f"schemas/{name}.json": _text(name, shape) for name, shape in SHAPES.items()}


def _text(name: str, shape: Any) -> str:
    found = TypeAdapter[Any](shape).json_schema(mode="serialization", schema_generator=_Printed)
    whole = {"$schema": DIALECT, "title": name} | {
        key: _untitled(value) for key, value in found.items() if key != "title"
    }
    return json.dumps(whole, indent=2) + "\n"


def _untitled(schema: JsonValue) -> JsonValue:
    """The schema without the titles that only repeat names; a property may be called `title`."""
    match schema:
        case list():
            return [_untitled(item) for item in schema]
        case dict():
            return {k: _untitled(v) for k, v in schema.items() if k != "title" or not isinstance(v, str)}
        case _:
            return schema

"""The env contract as a JSON Schema: every violation of it at once, none of them showing a secret; pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import (
    extend,  # pyright: ignore[reportUnknownVariableType] - jsonschema annotates it in part
)
from pydantic import JsonValue

from goldenpath.facts import Record

Schema = Mapping[str, JsonValue]
Rule = Literal[
    "missing", "empty", "white_space", "pattern", "too_short", "enum", "not_allowed", "incomplete_group", "unknown"
]
_RULES: dict[str, Rule] = {"minLength": "too_short", "enum": "enum", "const": "enum", "not": "not_allowed"}
_ANCHOR = re.compile(r"(\\.|\[(?:\\.|[^\]\\])*\])|\$")


class Violation(Record):
    """One rule that one variable breaks."""

    variable: str
    rule: Rule
    message: str


def violations(schema: Schema, environ: Mapping[str, str]) -> tuple[Violation, ...]:
    """Every violation, by variable; raises jsonschema's SchemaError when the contract itself is no schema."""
    checked = _Validator(dict(schema))
    _Validator.check_schema(dict(schema))
    errors = cast("Iterator[ValidationError]", checked.iter_errors(dict(environ)))
    found = [*_edges_of_values(schema, environ), *(v for error in errors for v in _of_error(schema, environ, error))]
    return tuple(sorted(_most_telling(found), key=lambda v: (v.variable, v.rule)))


def properties(schema: Schema) -> dict[str, dict[str, JsonValue]]:
    """The schema of each declared variable."""
    declared = schema.get("properties")
    if not isinstance(declared, dict):
        return {}
    return {name: rule for name, rule in declared.items() if isinstance(rule, dict)}


def is_secret(schema: Schema, variable: str) -> bool:
    """Whether the variable's value may not be shown; a variable that the contract does not know counts as secret."""
    rule = properties(schema).get(variable)
    return rule is None or rule.get("x-secret") is True


def secret_values(schema: Schema, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values that must never be shown."""
    return tuple(value for name, value in environ.items() if properties(schema).get(name, {}).get("x-secret") is True)


def comparable(schema: Schema, variable: str, environ: Mapping[str, str]) -> str | None:
    """The value without what each revision has of its own: the values of the variables that it follows."""
    value, followed = environ.get(variable), properties(schema).get(variable, {}).get("x-follows")
    for other in followed if isinstance(followed, list) else ():
        own = environ.get(str(other))
        value = value.replace(own, f"{{{other}}}") if value and own else value
    return value


def effective(schema: Schema, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables as the system sees them: with the contract's defaults."""
    defaults = {name: str(rule["default"]) for name, rule in properties(schema).items() if "default" in rule}
    return {**defaults, **environ}


def _edges_of_values(schema: Schema, environ: Mapping[str, str]) -> Iterator[Violation]:
    for variable in properties(schema):
        value = environ.get(variable)
        if value and value != value.strip():
            shown = "" if is_secret(schema, variable) else f": {value!r}"
            yield Violation(variable=variable, rule="white_space", message=f"white space around the value{shown}")


def _of_error(schema: Schema, environ: Mapping[str, str], error: ValidationError) -> Iterator[Violation]:
    match error.validator:
        case "required":
            names = cast("list[str]", error.validator_value)
            missing = [name for name in names if name not in environ]
            yield from (Violation(variable=n, rule="missing", message="required, and not set") for n in missing)
        case "dependentRequired":
            yield from _incomplete(cast("dict[str, list[str]]", error.validator_value), environ)
        case "additionalProperties" | "unevaluatedProperties":
            unknown = sorted(set(environ) - set(properties(schema)))
            yield from (Violation(variable=n, rule="unknown", message="not in the contract") for n in unknown)
        case _:
            yield _of_value(schema, environ, error)


def _incomplete(groups: Mapping[str, list[str]], environ: Mapping[str, str]) -> Iterator[Violation]:
    for given, others in groups.items():
        for name in others if given in environ else []:
            if name not in environ:
                message = f"must be set together with {given}"
                yield Violation(variable=name, rule="incomplete_group", message=message)


def _of_value(schema: Schema, environ: Mapping[str, str], error: ValidationError) -> Violation:
    path = list(cast("Any", error).absolute_path)
    variable = str(path[0]) if path else ""
    value = environ.get(variable, "")
    if variable and not value:
        return Violation(variable=variable, rule="empty", message="set, and empty")
    rule = _RULES.get(str(error.validator), "pattern")
    shown = "the value" if is_secret(schema, variable) else repr(value)
    return Violation(variable=variable, rule=rule, message=f"{shown} {_said(rule, error)}")


def _said(rule: Rule, error: ValidationError) -> str:
    limit = error.validator_value
    match rule:
        case "too_short":
            return f"is shorter than {limit} characters"
        case "enum":
            return f"is not one of {limit}"
        case "not_allowed":
            return f"is what this environment forbids: {limit}"
        case _:
            return f"does not satisfy {error.validator} {limit}"


def _most_telling(found: list[Violation]) -> Iterator[Violation]:
    """One violation for each variable and rule; white space and emptiness explain what else such a value breaks."""
    by_key = {(v.variable, v.rule): v for v in reversed(found)}
    explained = {variable for variable, rule in by_key if rule in {"white_space", "empty", "missing"}}
    for (variable, rule), violation in by_key.items():
        if variable not in explained or rule in {"white_space", "empty", "missing"}:
            yield violation


def _pattern(validator: Any, pattern: str, instance: object, schema: object) -> Iterator[ValidationError]:
    """The keyword `pattern` as JSON Schema means it: `$` is the end of the text, not the end of its last line."""
    del validator, schema
    at_end = _ANCHOR.sub(lambda found: found[1] or r"\Z", pattern)
    try:
        found = not isinstance(instance, str) or re.search(at_end, instance)
    except re.error as error:
        message = f"the pattern {pattern} is not understood: {error}"
        raise SchemaError(message) from error
    if not found:
        yield ValidationError(f"does not match {pattern}")


_Validator: Any = cast("Any", extend)(Draft202012Validator, {"pattern": _pattern})

__all__ = ["Schema", "SchemaError", "Violation", "effective", "is_secret", "properties", "secret_values", "violations"]

"""The variables of a revision against the env contract, and against those of the last good revision."""

from collections.abc import Mapping

from jsonschema.exceptions import SchemaError
from pydantic import JsonValue

from goldenpath.checks.contract import (
    Schema,
    Violation,
    comparable,
    effective,
    is_secret,
    properties,
    secret_values,
    violations,
)
from goldenpath.facts import Finding, Observation
from goldenpath.probes.record import Notes, Recorder

__all__ = ["check_env", "effective", "unreadable"]
SUBJECT = "revision"
CHECK = "env_contract"
_PLACES = ("HOST", "PORT", "URL", "ADDRESS", "ENDPOINT")
"""Parts of the names of variables that say where something is."""


def check_env(
    recorder: Recorder,
    schema: Schema,
    environ: Mapping[str, str],
    last_good: Mapping[str, str] | None = None,
    revision: str = "",
) -> tuple[tuple[Observation, ...], tuple[Finding, ...]]:
    """What is wrong with the variables and what has changed, and a finding for each violation or one that passes."""
    recorder.hide(*secret_values(schema, environ), *secret_values(schema, last_good or {}))
    notes = Notes(recorder, "env", SUBJECT, revision)
    try:
        found = violations(schema, environ)
    except SchemaError as error:
        return (), (_finding("not_proven", f"the contract is no JSON Schema: {error.message}"),)
    findings = tuple(_violated(notes, violation) for violation in found)
    _note_values(notes, schema, environ)
    if last_good is not None:
        _note_changes(notes, schema, last_good, environ)
    if findings:
        return notes.taken, findings
    good = notes.note("env.ok", value=True, text=f"{len(environ)} variables satisfy the contract")
    return notes.taken, (_finding("pass", f"all {len(environ)} variables satisfy the contract", good),)


def unreadable(recorder: Recorder, reason: str, revision: str) -> tuple[tuple[Observation, ...], tuple[Finding, ...]]:
    """What is said when the revision cannot even print its contract."""
    notes = Notes(recorder, "env", SUBJECT, revision)
    seen = notes.note("env.unreadable", reason[-400:], reason)
    return notes.taken, (_finding("fail", f"the contract cannot be read: {reason[-200:]}", seen),)


def _violated(notes: Notes, violation: Violation) -> Finding:
    seen = notes.note("env.violation", violation.model_dump(), f"{violation.variable}: {violation.message}")
    return _finding("fail", seen.text, seen)


def _finding(verdict: str, statement: str, *seen: Observation) -> Finding:
    return Finding.model_validate(
        {
            "check": CHECK,
            "subject": SUBJECT,
            "verdict": verdict,
            "statement": statement,
            "observations": tuple(o.id for o in seen),
        }
    )


def _note_values(notes: Notes, schema: Schema, environ: Mapping[str, str]) -> None:
    for variable, value in environ.items():
        if any(part in _PLACES for part in variable.split("_")) and not is_secret(schema, variable):
            notes.note("env.value", {"variable": variable, "shown": repr(value), "length": len(value)})


def _note_changes(notes: Notes, schema: Schema, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    names = [name for name in sorted({*before, *after}) if not _goes_with_another(schema, name, before, after)]
    changed = [name for name in names if comparable(schema, name, before) != comparable(schema, name, after)]
    for name in changed:
        notes.note("env.changed", _change(schema, name, before.get(name), after.get(name)))
    if not changed:
        notes.note("env.unchanged", value=True, text="equal to the last good revision")


def _goes_with_another(schema: Schema, name: str, *sides: Mapping[str, str]) -> bool:
    """Whether it is not set on one side because what it is made of is not set there: that is noted of the other."""
    followed = properties(schema).get(name, {}).get("x-follows")
    sources = [str(source) for source in followed] if isinstance(followed, list) else []
    return any(name not in side and any(source not in side for source in sources) for side in sides)


def _change(schema: Schema, name: str, before: str | None, after: str | None) -> JsonValue:
    secret = is_secret(schema, name)
    kind = "added" if before is None else "removed" if after is None else "changed"
    shown: dict[str, JsonValue] = {"before": None, "after": None} if secret else {"before": before, "after": after}
    return {"variable": name, "change": kind, "secret": secret, **shown}

"""Which fix a cause asks for, whether the loop may make it, and how to tell that it held; pure.

The actions there are can neither delete data, nor switch a check off, nor take a component away: what the union of
actions does not name cannot be planned.
"""

import hashlib
import json
from typing import assert_never

from pydantic import JsonValue

from goldenpath.facts import (
    Action,
    Cause,
    ContinueProcess,
    Fix,
    Permission,
    Restart,
    RestoreVariable,
    RollBack,
    RunMigrations,
    SetVariable,
    StripVariable,
)
from goldenpath.manifest.model import Permissions, System

STRICTNESS: tuple[Permission, ...] = ("auto", "ask", "never")
"""From the freest permission to the strictest; a fix has that of its strictest action."""
FINGERPRINT_LENGTH = 16


def plan(cause: Cause, system: System, last_good: str) -> Fix | None:
    """The fix for this cause; None when there is none that the loop could make.

    `last_good` names the revision that was proven last; empty: there is none, and a variable is restored to what the
    manifest says.
    """
    actions = _actions(cause, system, last_good)
    if not actions:
        return None
    fingerprint = fingerprint_of(cause, actions)
    return Fix(
        id=f"fix-{fingerprint[:8]}",
        cause=cause.id,
        component=cause.component,
        actions=actions,
        permission=permission_of(actions, system.remediation),
        expected=_expected(cause),
        fingerprint=fingerprint,
    )


def fingerprint_of(cause: Cause, actions: tuple[Action, ...]) -> str:
    """Equal for the same cause, component and actions, whatever the observations were called."""
    said: list[JsonValue] = [cause.id, cause.component, [a.model_dump(mode="json") for a in actions]]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:FINGERPRINT_LENGTH]


def permission_of(actions: tuple[Action, ...], permissions: Permissions) -> Permission:
    """The strictest permission among these actions."""
    return STRICTNESS[max(STRICTNESS.index(_permission(action, permissions)) for action in actions)]


def _actions(cause: Cause, system: System, last_good: str) -> tuple[Action, ...]:
    match cause.detail.get("fix"):
        case "variable":
            return _variables(cause, last_good)
        case "restart":
            return (Restart(component=cause.component),)
        case "continue_process":
            pids = [pid for pid in _listed(cause, "pids") if isinstance(pid, int)]
            return tuple(ContinueProcess(component=cause.component, pid=pid) for pid in pids)
        case "migrations":
            return tuple(RunMigrations(command=command) for command in _migrations(system))
        case "roll_back":
            return (RollBack(to_revision=last_good),) if last_good else ()
        case _:
            return ()


def _variables(cause: Cause, last_good: str) -> tuple[Action, ...]:
    names = [str(name) for name in _listed(cause, "variables")] or _one(cause)
    if cause.detail.get("white_space"):
        return tuple(StripVariable(variable=name) for name in names)
    return tuple(RestoreVariable(variable=name, from_revision=last_good) for name in names)


def _migrations(system: System) -> tuple[tuple[str, ...], ...]:
    """The command that every environment with migrations has; none when they differ, for a guess could harm."""
    commands = {spec.migrate for spec in system.environments.values() if spec.migrate}
    return tuple(commands) if len(commands) == 1 else ()


def _one(cause: Cause) -> list[str]:
    name = cause.detail.get("variable")
    return [name] if isinstance(name, str) and name else []


def _listed(cause: Cause, name: str) -> list[JsonValue]:
    found = cause.detail.get(name)
    return found if isinstance(found, list) else []


def _expected(cause: Cause) -> str:
    places = cause.detail.get("edges")
    where = f"; {', '.join(map(str, places))} within budget" if isinstance(places, list) and places else ""
    return f"{cause.id} at {cause.component} is not observed any more{where}"


def _permission(action: Action, permissions: Permissions) -> Permission:
    match action:
        case SetVariable():
            return permissions.set_variable
        case RestoreVariable():
            return permissions.restore_variable
        case StripVariable():
            return permissions.strip_variable
        case Restart():
            return permissions.restart
        case ContinueProcess():
            return permissions.continue_process
        case RunMigrations():
            return permissions.run_migrations
        case RollBack():
            return permissions.roll_back
        case _:
            assert_never(action)

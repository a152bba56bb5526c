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
    RevertCode,
    RollBack,
    RunMigrations,
    RunRepair,
    SetVariable,
    StripVariable,
)
from goldenpath.manifest.model import System
from goldenpath.manifest.repairs import Repair

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
        permission=permission_of(actions, system),
        expected=_expected(cause),
        fingerprint=fingerprint,
    )


def fingerprint_of(cause: Cause, actions: tuple[Action, ...]) -> str:
    """Equal for the same cause, component and actions, whatever the observations were called."""
    said: list[JsonValue] = [cause.id, cause.component, [a.model_dump(mode="json") for a in actions]]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:FINGERPRINT_LENGTH]


def permission_of(actions: tuple[Action, ...], system: System) -> Permission:
    """The strictest permission among these actions; of a repair that the manifest does not know: never."""
    return STRICTNESS[max(STRICTNESS.index(_permission(action, system)) for action in actions)]


def _actions(cause: Cause, system: System, last_good: str) -> tuple[Action, ...]:
    """What the manifest's owners wrote down for this cause, else what the catalogue asks for."""
    declared = [name for name, repair in system.repairs.items() if _repairs(repair, cause)]
    if declared:
        return tuple(RunRepair(name=name) for name in declared)
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
            return _back(cause, system, last_good)
        case _:
            return ()


def _repairs(repair: Repair, cause: Cause) -> bool:
    return repair.cause == cause.id and repair.component in {"", cause.component}


def _variables(cause: Cause, last_good: str) -> tuple[Action, ...]:
    names = [str(name) for name in _listed(cause, "variables")] or _one(cause)
    if cause.detail.get("white_space"):
        return tuple(StripVariable(variable=name) for name in names)
    return tuple(RestoreVariable(variable=name, from_revision=last_good) for name in names)


def _back(cause: Cause, system: System, last_good: str) -> tuple[Action, ...]:
    """Back to the last good revision; only the files at fault, where the manifest lets the loop touch code."""
    files = [str(name) for name in _listed(cause, "culprits")]
    if files and last_good and system.remediation.revert_code == "auto":
        return (RevertCode(files=tuple(files), from_revision=last_good),)
    return (RollBack(to_revision=last_good),) if last_good else ()


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


def _permission(action: Action, system: System) -> Permission:
    permissions = system.remediation
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
        case RunRepair():
            return system.repairs[action.name].permission if action.name in system.repairs else "never"
        case RevertCode():
            return permissions.revert_code
        case RollBack():
            return permissions.roll_back
        case _:
            assert_never(action)

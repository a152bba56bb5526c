"""What no fix may do, whoever planned it and whatever it calls itself; pure.

Nobody can plan to delete data, to switch a check off, to skip a test or to take a component away: the union of actions
has no word for it. What its words could still be bent to is refused here, against the manifest and not against what
the fix says of itself.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import assert_never

from goldenpath.facts import (
    Action,
    ContinueProcess,
    Fix,
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
from goldenpath.remediation.plan import permission_of


def objections(fix: Fix, system: System) -> tuple[str, ...]:
    """Why this fix may not be applied to this system; none when it may."""
    return (*_claims(fix, system), *(said for action in fix.actions for said in _bent(action, fix, system)))


def _claims(fix: Fix, system: System) -> Iterator[str]:
    permitted = permission_of(fix.actions, system)
    if fix.permission != permitted:
        yield f"it claims the permission {fix.permission}, the manifest says {permitted}"


def _bent(action: Action, fix: Fix, system: System) -> Iterator[str]:
    match action:
        case SetVariable() | RestoreVariable() | StripVariable():
            yield from _variable(action, system)
        case Restart() | ContinueProcess():
            if action.component not in system.components:
                yield f"the manifest has no component {action.component!r}"
        case RunMigrations():
            if action.command not in {spec.migrate or () for spec in system.environments.values()}:
                yield f"`{' '.join(action.command)}` is not the manifest's command for migrations"
        case RunRepair():
            if action.name not in system.repairs:
                yield f"the manifest has no repair {action.name!r}"
            elif system.repairs[action.name].cause != fix.cause:
                yield f"{action.name} is no repair of {fix.cause}"
        case RevertCode():
            yield from _files(action, system)
        case RollBack():
            if not action.to_revision:
                yield "it names no revision to go back to"
        case _:
            assert_never(action)


def _files(action: RevertCode, system: System) -> Iterator[str]:
    """Only code that revisions carry: never a test, a drill or the manifest, which say what is right."""
    carried = system.artefact.paths if system.artefact else ()
    for name in action.files:
        parts = PurePosixPath(name).parts
        if ".." in parts or not any(PurePosixPath(name).is_relative_to(path) for path in carried):
            yield f"{name} is no code that a revision carries"


def _variable(action: SetVariable | RestoreVariable | StripVariable, system: System) -> Iterator[str]:
    """A new value may not loosen what the revision is judged by."""
    if not isinstance(action, SetVariable):
        return
    contract = system.contract
    if action.variable == contract.environment_variable:
        yield f"{action.variable} chooses the contract: setting it could switch checks off"
    if action.variable == contract.revision_variable:
        yield f"{action.variable} is the revision's name: setting it could pass one revision off as another"
    if not action.value.strip():
        yield f"an empty {action.variable} is no repair"

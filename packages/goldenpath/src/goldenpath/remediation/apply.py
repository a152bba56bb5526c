"""Apply a fix as a whole: refuse it, or act step by step, prove each, and take all back when one does not take."""

from collections.abc import Iterable
from typing import assert_never

from goldenpath.errors import GoldenPathError
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
from goldenpath.remediation.code import Reverting
from goldenpath.remediation.commands import Migrating, Repairing
from goldenpath.remediation.hands import Applied, Hands, Status
from goldenpath.remediation.processes import GoingOn, Restarting, severity
from goldenpath.remediation.refusal import objections
from goldenpath.remediation.step import Step
from goldenpath.remediation.traffic import RollingBack
from goldenpath.remediation.variables import Restoring, Setting, Stripping

__all__ = ["Applied", "Hands", "apply", "undo"]


async def apply(fix: Fix, system: System, hands: Hands, revision: str) -> Applied:
    """Do what the fix says to this revision; variables are only computed, the caller deploys them.

    An action that has no reason any more is passed over; the fix has acted if one of its actions has. One that fails,
    does not take, or leaves more wrong than before takes those before it back with it.
    """
    if refused := objections(fix, system):
        return Applied(acted=False, statement=f"refused: {'; '.join(refused)}")
    before = tuple(await hands.processes())
    done: list[tuple[Step, Applied]] = []
    passed: list[str] = []
    for action in fix.actions:
        step = step_of(action, system, hands, revision)
        if why := await step.objection():
            passed.append(why)
            continue
        applied = await _act(step, hands, before, revision)
        if not applied.acted:
            return await _taken_back(done, applied)
        done.append((step, applied))
    return _joined([applied for _, applied in done], passed)


async def undo(fix: Fix, system: System, hands: Hands, revision: str) -> str:
    """Take back what can be taken back, last action first; says of each what became of it.

    Nothing is ever done that would stop more than runs: a process that goes on is not stopped again.
    """
    said = [await step_of(action, system, hands, revision).undo() for action in reversed(fix.actions)]
    return "; ".join(dict.fromkeys(said))


def step_of(action: Action, system: System, hands: Hands, revision: str) -> Step:
    """The action, bound to where it acts."""
    match action:
        case SetVariable():
            return Setting(action, hands, revision)
        case RestoreVariable():
            return Restoring(action, hands, revision)
        case StripVariable():
            return Stripping(action, hands, revision)
        case Restart():
            return Restarting(action, hands, revision)
        case ContinueProcess():
            return GoingOn(action, hands)
        case RunMigrations():
            return Migrating(action, hands, revision)
        case RunRepair():
            return Repairing(action, system.repairs.get(action.name), hands, revision)
        case RevertCode():
            return Reverting(action, hands, revision)
        case RollBack():
            return RollingBack(action, hands, revision)
        case _:
            assert_never(action)


async def _act(step: Step, hands: Hands, before: tuple[Status, ...], revision: str) -> Applied:
    """Act, and believe it only when it is seen."""
    try:
        applied = await step.act()
        doubt = await step.doubt() if applied.acted else ""
        # Traffic that went back leaves the bad revision to end: its processes are none that should be there any more.
        left = revision if applied.roll_back else None
        worse = _severity(await hands.processes(), left) - _severity(before, left) if applied.acted else 0
    except GoldenPathError as error:
        return Applied(acted=False, statement=error.message)
    if doubt:
        return Applied(acted=False, statement=doubt)
    if worse > 0:
        return Applied(acted=False, statement=f"{applied.statement}, and {worse} more processes do not run than before")
    return applied


def _severity(processes: Iterable[Status], left: str | None) -> int:
    return severity(p for p in processes if left is None or p.revision != left)


async def _taken_back(done: list[tuple[Step, Applied]], failed: Applied) -> Applied:
    said = [await step.undo() for step, _ in reversed(done)]
    return Applied(acted=False, statement="; ".join([failed.statement, *said]))


def _joined(acted: list[Applied], passed: list[str]) -> Applied:
    return Applied(
        acted=bool(acted),
        statement="; ".join([one.statement for one in acted] or passed),
        changes={name: value for one in acted for name, value in one.changes.items()},
        code=next((one.code for one in acted if one.code), ""),
        roll_back=any(one.roll_back for one in acted),
    )

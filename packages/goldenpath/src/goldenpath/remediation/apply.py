"""Apply a fix action by action; stop at the first that does not take, and say what of it can be taken back."""

from typing import assert_never

from goldenpath.facts import (
    Action,
    ContinueProcess,
    Fix,
    Restart,
    RestoreVariable,
    RollBack,
    RunMigrations,
    SetVariable,
    StripVariable,
)
from goldenpath.remediation import processes, variables
from goldenpath.remediation.hands import Applied, Hands

__all__ = ["Applied", "Hands", "apply", "undo"]


async def apply(fix: Fix, hands: Hands, revision: str) -> Applied:
    """Do what the fix says to this revision; variables are only computed, the caller deploys them.

    An action whose precondition does not hold any more is passed over; the fix has acted if one of its actions has.
    """
    done = [await _act(action, hands, revision) for action in fix.actions]
    acted = [one for one in done if one.acted]
    return Applied(
        acted=bool(acted),
        statement="; ".join(one.statement for one in acted or done),
        changes={name: value for one in acted for name, value in one.changes.items()},
        roll_back=any(one.roll_back for one in acted),
    )


async def undo(fix: Fix, hands: Hands, revision: str) -> str:
    """Take back what can be taken back; says of each action what became of it.

    Nothing is ever done that would stop more than runs: a process that goes on is not stopped again.
    """
    del hands
    return "; ".join(dict.fromkeys(_undone(action, revision) for action in fix.actions))


async def _act(action: Action, hands: Hands, revision: str) -> Applied:
    match action:
        case SetVariable():
            return Applied(acted=True, statement=f"{action.variable} is set", changes={action.variable: action.value})
        case RestoreVariable():
            return await variables.restore(action, hands, revision)
        case StripVariable():
            return variables.strip(action, hands.environ(revision))
        case Restart():
            return await processes.restart(action, hands, revision)
        case ContinueProcess():
            return await processes.go_on(action, hands)
        case RunMigrations():
            return await _migrate(action, hands, revision)
        case RollBack():
            return await _roll_back(action, hands, revision)
        case _:
            assert_never(action)


async def _migrate(action: RunMigrations, hands: Hands, revision: str) -> Applied:
    if not action.command:
        return Applied(acted=False, statement="the manifest names no command that runs migrations")
    done = await hands.run(action.command, revision)
    said = " ".join(action.command)
    if done.exit_code:
        return Applied(acted=False, statement=f"`{said}` ended with {done.exit_code}: {done.stderr.strip()[-400:]}")
    return Applied(acted=True, statement=f"`{said}` ran")


async def _roll_back(action: RollBack, hands: Hands, revision: str) -> Applied:
    good = hands.last_good()
    if good is None or good.name != action.to_revision:
        return Applied(acted=False, statement=f"{action.to_revision} is not the last good revision any more")
    if good.name == revision:
        return Applied(acted=False, statement=f"{revision} is the last good revision itself")
    back = await hands.roll_back(f"{revision} is bad")
    return Applied(acted=True, statement=f"revision {back.name} has the traffic again", roll_back=True)


def _undone(action: Action, revision: str) -> str:
    match action:
        case SetVariable() | RestoreVariable() | StripVariable():
            return f"{action.variable}: the revision that has the change is withdrawn with it"
        case Restart():
            return f"{action.component} stays as it was started: a restart has no inverse"
        case ContinueProcess():
            return f"process {action.pid} of {action.component} goes on: stopping it again would make it worse"
        case RunMigrations():
            return "migrations stay: they only go forward, and taking them back could delete data"
        case RollBack():
            return f"{action.to_revision} keeps the traffic: {revision} was found bad"
        case _:
            assert_never(action)

"""One atomic action as four parts: whether it has a reason, the act, the proof that it took, and its inverse."""

from typing import Protocol

from goldenpath.remediation.hands import Applied


class Step(Protocol):
    """An action bound to a target and a revision. What it says is for people; an empty text means that all is well."""

    async def objection(self) -> str:
        """Why it has no reason here and now; empty when it has one. Nothing is touched."""
        ...

    async def act(self) -> Applied:
        """Do it."""
        ...

    async def doubt(self) -> str:
        """Why it did not take; empty when it is seen that it did. Nothing is touched."""
        ...

    async def undo(self) -> str:
        """Take back what can be taken back, and say what became of it."""
        ...

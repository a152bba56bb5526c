"""Actions that run a command of the manifest: its migrations, and the repairs that its owners wrote for a cause."""

from goldenpath.facts import RunMigrations, RunRepair
from goldenpath.manifest.names import Command
from goldenpath.manifest.repairs import Repair
from goldenpath.remediation.hands import Applied, Hands


class Migrating:
    """Run the system's forward migrations."""

    def __init__(self, action: RunMigrations, hands: Hands, revision: str) -> None:
        """In the environment of this revision."""
        self._command = action.command
        self._hands = hands
        self._revision = revision

    async def objection(self) -> str:
        """The manifest has none."""
        return "" if self._command else "the manifest names no command that runs migrations"

    async def act(self) -> Applied:
        """Run them."""
        return await ran(self._hands, self._command, self._revision)

    async def doubt(self) -> str:
        """Whether they took is read from the schema in the next cycle."""
        return ""

    async def undo(self) -> str:
        """Never."""
        return "migrations stay: they only go forward, and taking them back could delete data"


class Repairing:
    """Run what the system's owners wrote down for this cause."""

    def __init__(self, action: RunRepair, repair: Repair | None, hands: Hands, revision: str) -> None:
        """In the environment of this revision; `repair` is what the manifest says of the action's name."""
        self._name = action.name
        self._repair = repair
        self._hands = hands
        self._revision = revision

    async def objection(self) -> str:
        """The manifest does not know it, or its own look says that there is nothing to repair."""
        if self._repair is None:
            return f"the manifest has no repair {self._name!r}"
        if self._repair.needed is None:
            return ""
        looked = await self._hands.run(self._repair.needed, self._revision)
        return f"`{' '.join(self._repair.needed)}` sees no need for {self._name}" if looked.exit_code else ""

    async def act(self) -> Applied:
        """Run its command."""
        if self._repair is None:
            return Applied(acted=False, statement=f"the manifest has no repair {self._name!r}")
        return await ran(self._hands, self._repair.command, self._revision)

    async def doubt(self) -> str:
        """Its own look still sees the need."""
        if self._repair is None or self._repair.needed is None:
            return ""
        looked = await self._hands.run(self._repair.needed, self._revision)
        return "" if looked.exit_code else f"`{' '.join(self._repair.needed)}` still sees the need for {self._name}"

    async def undo(self) -> str:
        """Run its inverse, if its owners wrote one."""
        if self._repair is None or self._repair.undo is None:
            return f"{self._name} stays: the manifest names no inverse of it"
        undone = await ran(self._hands, self._repair.undo, self._revision)
        return f"{self._name} is taken back: {undone.statement}" if undone.acted else undone.statement


async def ran(hands: Hands, command: Command, revision: str) -> Applied:
    """What became of one command."""
    done = await hands.run(command, revision)
    said = " ".join(command)
    if done.exit_code:
        return Applied(acted=False, statement=f"`{said}` ended with {done.exit_code}: {done.stderr.strip()[-400:]}")
    return Applied(acted=True, statement=f"`{said}` ran")

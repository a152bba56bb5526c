"""Actions on variables: they only say what the next revision shall differ in; withdrawing it is their inverse."""

from goldenpath.facts import RestoreVariable, SetVariable, StripVariable
from goldenpath.remediation.hands import Applied, Hands


class Change:
    """What the three kinds share: nothing runs until the caller deploys the change."""

    def __init__(self, variable: str, hands: Hands, revision: str) -> None:
        """Say what this variable shall be in the revision after this one."""
        self._variable = variable
        self._hands = hands
        self._revision = revision

    @property
    def _now(self) -> str | None:
        return self._hands.environ(self._revision).get(self._variable)

    async def doubt(self) -> str:
        """Nothing has happened yet that could fail: the next revision is judged whole."""
        return ""

    async def undo(self) -> str:
        """The change lives in a revision of its own."""
        return f"{self._variable}: the revision that has the change is withdrawn with it"


class Setting(Change):
    """A new value."""

    def __init__(self, action: SetVariable, hands: Hands, revision: str) -> None:
        """Set it to the action's value."""
        super().__init__(action.variable, hands, revision)
        self._value = action.value

    async def objection(self) -> str:
        """It is that already."""
        return f"{self._variable} has that value already" if self._now == self._value else ""

    async def act(self) -> Applied:
        """The value as a change."""
        return Applied(acted=True, statement=f"{self._variable} is set", changes={self._variable: self._value})


class Restoring(Change):
    """The value of the last good revision, or of the manifest where none was ever proven."""

    def __init__(self, action: RestoreVariable, hands: Hands, revision: str) -> None:
        """Restore it from the action's revision."""
        super().__init__(action.variable, hands, revision)
        self._source = action.from_revision
        self._manifest: dict[str, str] | None = None

    async def objection(self) -> str:
        """It is already what it was, or its source was never proven."""
        good = self._hands.last_good()
        if self._source and (good is None or good.name != self._source):
            return f"{self._source} is not the last good revision: no value is taken from it"
        if self._now == await self._good():
            return f"{self._variable} is already what it is in {self._origin}"
        return ""

    async def act(self) -> Applied:
        """That value as a change; None removes the variable."""
        good = await self._good()
        words = "is removed, as in" if good is None else "is restored from"
        statement = f"{self._variable} {words} {self._origin}"
        return Applied(acted=True, statement=statement, changes={self._variable: good})

    @property
    def _origin(self) -> str:
        return f"revision {self._source}" if self._source else "the manifest"

    async def _good(self) -> str | None:
        if self._source:
            return self._hands.environ(self._source).get(self._variable)
        if self._manifest is None:
            self._manifest = self._hands.environ((await self._hands.prepare({})).name)
        return self._manifest.get(self._variable)


class Stripping(Change):
    """The value without the white space around it."""

    def __init__(self, action: StripVariable, hands: Hands, revision: str) -> None:
        """Strip the action's variable."""
        super().__init__(action.variable, hands, revision)

    async def objection(self) -> str:
        """There is nothing to strip, or nothing would be left."""
        value = self._now
        if value is None or value == value.strip():
            return f"there is no white space around {self._variable}"
        if not value.strip():
            return f"{self._variable} has nothing but white space: it has to be restored"
        return ""

    async def act(self) -> Applied:
        """The stripped value as a change."""
        statement = f"white space around {self._variable} is removed"
        return Applied(acted=True, statement=statement, changes={self._variable: (self._now or "").strip()})

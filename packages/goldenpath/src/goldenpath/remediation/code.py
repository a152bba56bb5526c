"""The action on code: files go back to what was proven, in a revision of its own; no working copy is touched."""

from goldenpath.facts import RevertCode
from goldenpath.remediation.hands import Applied, Copied, Hands


class Reverting:
    """The code of this revision with some files as the last good revision has them."""

    def __init__(self, action: RevertCode, hands: Hands, revision: str) -> None:
        """Take the action's files from the action's revision."""
        self._files = action.files
        self._source = action.from_revision
        self._hands = hands
        self._revision = revision
        self._made: Copied | None = None

    async def objection(self) -> str:
        """Its source was never proven, or nothing would differ."""
        good = self._hands.last_good()
        if good is None or good.name != self._source:
            return f"{self._source} is not the last good revision: no code is taken from it"
        now = await self._hands.with_files(self._revision, (), self._source)
        self._made = await self._hands.with_files(self._revision, self._files, self._source)
        return f"these files are already as in {self._source}" if now.digest == self._made.digest else ""

    async def act(self) -> Applied:
        """The mixed code, for a revision that the caller deploys."""
        made = self._made or await self._hands.with_files(self._revision, self._files, self._source)
        words = f"{', '.join(self._files)} as in {self._source}"
        return Applied(acted=True, statement=words, code=made.folder)

    async def doubt(self) -> str:
        """The revision with this code is judged whole."""
        return ""

    async def undo(self) -> str:
        """The change lives in a revision of its own."""
        return f"{', '.join(self._files)}: the revision that has the change is withdrawn with it"

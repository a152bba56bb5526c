"""The action on traffic: back to the revision that was proven last."""

from goldenpath.facts import RollBack
from goldenpath.remediation.hands import Applied, Hands


class RollingBack:
    """Give the traffic back to the last good revision; a candidate that never had it is only withdrawn."""

    def __init__(self, action: RollBack, hands: Hands, revision: str) -> None:
        """Away from this revision."""
        self._to = action.to_revision
        self._hands = hands
        self._revision = revision

    async def objection(self) -> str:
        """It is not the last good revision, or it is the bad one itself."""
        good = self._hands.last_good()
        if good is None or good.name != self._to:
            return f"{self._to} is not the last good revision any more"
        return f"{self._revision} is the last good revision itself" if good.name == self._revision else ""

    async def act(self) -> Applied:
        """Switch."""
        back = await self._hands.roll_back(f"{self._revision} is bad")
        return Applied(acted=True, statement=f"revision {back.name} has the traffic", roll_back=True)

    async def doubt(self) -> str:
        """Another revision has the traffic."""
        live = self._hands.live()
        return "" if live is not None and live.name == self._to else f"{self._to} does not have the traffic"

    async def undo(self) -> str:
        """The bad revision gets no second chance."""
        return f"{self._to} keeps the traffic: {self._revision} was found bad"

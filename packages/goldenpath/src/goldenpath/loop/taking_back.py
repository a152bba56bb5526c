"""Taking a revision back: a candidate is withdrawn, what has the traffic gives it to the last good one."""

from goldenpath.events import RolledBack
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.scene import Scene


async def take_back(scene: Scene, narrator: Narrator, revision: str, reason: str) -> str | None:
    """Do it and tell it; who has the traffic then (empty: nobody), None where there is nothing to go back to."""
    target = scene.target
    live, good = target.live(), target.last_good()
    if live is None or live.name != revision:
        await target.withdraw(revision, reason)
        to = live.name if live else ""
    elif good is not None and good.name != live.name:
        to = (await target.roll_back(reason)).name
    else:
        return None
    narrator.tell(RolledBack(**narrator.stamp, revision=revision, to=to, reason=reason))
    return to

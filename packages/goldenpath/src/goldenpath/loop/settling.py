"""After a repair of what is live: time for clients to connect again and for heartbeats to be heard."""

import asyncio
import time

from goldenpath.checks.judge import judge
from goldenpath.loop.gate import worst
from goldenpath.loop.investigate import look
from goldenpath.loop.scene import Scene

SETTLE_S = 15.0
"""What is not well by then is judged as it is."""
POLL_S = 0.5


async def settle(scene: Scene, revision: str) -> None:
    """Wait until the revision is well at first sight, or the time is over."""
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline:
        seen = await look(scene, revision)
        if worst(judge(scene.system, seen)) == "pass":
            return
        await asyncio.sleep(POLL_S)

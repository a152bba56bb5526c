"""Why a revision is in trouble, found out and told."""

import time

from goldenpath.facts import Diagnosis
from goldenpath.loop.investigate import investigate
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.plan import Trouble
from goldenpath.loop.scene import Observations, Scene


async def explain(scene: Scene, narrator: Narrator, trouble: Trouble) -> tuple[Observations, Diagnosis]:
    """Ask for what decides and draw the diagnosis; both are told. The revision must still run where it can."""
    begun = time.monotonic()
    observations, diagnosis = await investigate(scene, trouble.revision, trouble.observations)
    narrator.observed(observations)
    narrator.diagnosed(diagnosis, observations, begun)
    return observations, diagnosis

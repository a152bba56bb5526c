"""The address that people use, tried while a revision has the traffic: pure judgement, and the probe that feeds it."""

from collections.abc import Sequence

from goldenpath.diagnosis.graph import PUBLIC
from goldenpath.diagnosis.public import PASSES, said
from goldenpath.facts import Finding, Observation
from goldenpath.loop.scene import Observations, Scene
from goldenpath.probes.public import Ways, probe_public

CHECK = "public"


async def look_at_public(scene: Scene, revision: str) -> Observations:
    """Both ways to whoever has the traffic; of a candidate, whether an address new with it leads there."""
    variable, live = scene.system.doors.public, scene.target.live()
    if not variable or live is None:
        return ()
    public, known = (scene.target.environ(name).get(variable, "").rstrip("/") for name in (revision, live.name))
    if not public or (live.name != revision and public == known):
        return ()
    ways = Ways(public=public, own=scene.target.door(live.name))
    return await probe_public(scene.recorder, scene.system, ways, revision=revision)


def judge_public(observations: Sequence[Observation]) -> tuple[Finding, ...]:
    """One finding for each thing that was tried on both ways; what the own door does not give is judged elsewhere."""
    tried = [(o, PASSES[o.name](o)) for o in observations if o.subject == PUBLIC and o.name in PASSES]
    return tuple(_finding(o, passes=verdict) for o, verdict in tried if verdict is not None)


def _finding(observation: Observation, *, passes: bool) -> Finding:
    statement = f"{observation.name} is the same at the public address and at the own door"
    return Finding(
        check=CHECK,
        subject=PUBLIC,
        verdict="pass" if passes else "fail",
        statement=statement if passes else said(observation),
        observations=(observation.id,),
    )

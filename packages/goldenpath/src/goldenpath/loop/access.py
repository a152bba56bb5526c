"""Who is let in at a revision's door, tried before it gets traffic: pure judgement, and the probe that feeds it."""

from collections.abc import Sequence

from goldenpath.diagnosis.doors import RULES, holds, said
from goldenpath.facts import Finding, Observation, Verdict
from goldenpath.loop.scene import Observations, Scene
from goldenpath.manifest.model import System
from goldenpath.probes.access import Doors, probe_access, subject_of

CHECK = "access"
ALWAYS = ("auth.own", "auth.none", "auth.spoilt")
"""What can be tried at any door that answers."""


async def look_at_access(scene: Scene, revision: str) -> Observations:
    """How the revision's door answers; tokens of the last good revision are tried while that one serves beside it."""
    live, good = scene.target.live(), scene.target.last_good()
    beside = good is not None and live is not None and good.name == live.name != revision
    doors = Doors(
        url=scene.target.door(revision),
        other_url=scene.target.door(good.name) if beside and good else "",
        other_revision=good.name if beside and good else "",
    )
    return await probe_access(scene.recorder, scene.system, doors, revision=revision)


def judge_access(system: System, observations: Sequence[Observation]) -> tuple[Finding, ...]:
    """One finding for each thing that was tried, and for each that should have been; none if nothing is declared."""
    if system.access is None:
        return ()
    subject = subject_of(system)
    seen = [o for o in observations if o.subject == subject and o.name in RULES]
    untried = [name for name in ALWAYS if name not in {o.name for o in seen}]
    return (*(_finding(o) for o in seen), *(_untried(subject, name) for name in untried))


def _untried(subject: str, name: str) -> Finding:
    statement = f"{RULES[name]}: it could not be tried"
    return Finding(check=CHECK, subject=subject, verdict="not_proven", statement=statement)


def _finding(observation: Observation) -> Finding:
    verdict: Verdict = "pass" if holds(observation) else "fail"
    ids, statement = (observation.id,), said(observation)
    return Finding(check=CHECK, subject=observation.subject, verdict=verdict, statement=statement, observations=ids)

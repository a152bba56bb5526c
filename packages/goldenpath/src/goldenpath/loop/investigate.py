"""From symptoms to causes: gather evidence, let the pure engine ask for what decides, stop when it is stable."""

from typing import assert_never

from goldenpath.diagnosis.engine import diagnose, next_probes
from goldenpath.diagnosis.requests import ProbeRequest
from goldenpath.facts import Diagnosis, Observation
from goldenpath.loop.access import look_at_access
from goldenpath.loop.carried import code_changes, verify_code
from goldenpath.loop.inside import hosts, metrics, news, servers
from goldenpath.loop.public import look_at_public
from goldenpath.loop.scene import SAMPLES, Observations, Scene, together

MAX_ROUNDS = 6
"""Each round asks only what no earlier one asked, so this is a guard and no budget."""


async def investigate(scene: Scene, revision: str, known: Observations = ()) -> tuple[Observations, Diagnosis]:
    """Explain what is wrong with a revision; returns every observation, the known ones first, and the diagnosis."""
    observations: tuple[Observation, ...] = known
    asked: set[ProbeRequest] = set()
    for _ in range(MAX_ROUNDS):
        wanted = [r for r in next_probes(scene.system, observations, frozenset(asked)) if r not in asked]
        if not wanted:
            break
        asked.update(wanted)
        observations += await together(_probe(scene, revision, request) for request in wanted)
    return observations, diagnose(scene.system, observations)


async def look(scene: Scene, revision: str) -> Observations:
    """Everything a running revision shows at first sight, without a synthetic run."""
    variables, _ = await scene.variables(revision)
    seen = await together(
        [
            scene.edges(revision),
            scene.health(revision),
            scene.processes(revision),
            scene.startup(revision),
            hosts(scene, revision),
            look_at_public(scene, revision),
        ]
    )
    return (*variables, *seen)


async def _probe(scene: Scene, revision: str, request: ProbeRequest) -> Observations:
    match request.probe:
        case "edge":
            return await scene.edges(revision, only=request.subject)
        case "edge_samples":
            return await scene.edges(revision, only=request.subject, samples=SAMPLES)
        case "edge_at_last_good":
            return await scene.edge_at_last_good(revision, request.subject)
        case "process":
            return await scene.processes(revision)
        case "health":
            return (*await scene.health(revision), *await metrics(scene, revision))
        case "log":
            return (*await scene.startup(revision), *news(scene, revision))
        case "schema":
            return await scene.pending(revision)
        case "host":
            return await hosts(scene, revision)
        case "server":
            return await servers(scene, revision, only=request.subject)
        case "journey":
            return await scene.journeys(revision, only=request.subject)
        case "journey_at_last_good":
            return await scene.journey_at_last_good(revision, request.subject)
        case "env":
            return (await scene.variables(revision))[0]
        case "access":
            return await look_at_access(scene, revision)
        case "public":
            return await look_at_public(scene, revision)
        case "code":
            return (*code_changes(scene, revision), *(await verify_code(scene, revision))[0])
        case _:
            assert_never(request.probe)

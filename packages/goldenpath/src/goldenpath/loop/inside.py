"""Looks behind the doors: what the kernel knows of each process, and what each datastore says of itself."""

import asyncio

from goldenpath.loop.baseline import facts_of, lines_of, read_baseline
from goldenpath.loop.scene import Observations, Scene, together
from goldenpath.probes.connections import probe_connections
from goldenpath.probes.host import probe_hosts
from goldenpath.probes.log_news import probe_news
from goldenpath.probes.metrics import Door, probe_metrics
from goldenpath.probes.server import ServerOptions, probe_server


async def hosts(scene: Scene, revision: str) -> Observations:
    """Files, memory, processor, disks and connections of every process of the revision, and of what all share."""
    facts = await facts_of(scene, revision)
    environ = scene.target.environ(revision)
    seen = await probe_hosts(scene.recorder, scene.system, facts, packages=read_baseline(scene).packages)
    # In a thread: the tables of a busy machine are long.
    held = await asyncio.to_thread(probe_connections, scene.recorder, scene.system, facts, environ, revision)
    return (*seen, *held)


async def servers(scene: Scene, revision: str, *, only: str = "") -> Observations:
    """What every datastore (or one) says of itself, with the revision's own log-in."""
    environ = scene.target.environ(revision)
    before = read_baseline(scene).servers
    return await together(
        probe_server(
            scene.recorder,
            scene.system,
            name,
            environ,
            ServerOptions(revision=revision, before=before.get(name, {})),
        )
        for name in scene.system.components
        if only in {"", name}
    )


def news(scene: Scene, revision: str) -> Observations:
    """What each component's log says that it did not say when the system was last proven well."""
    before = read_baseline(scene)
    return tuple(
        o
        for name in scene.system.components
        for o in probe_news(
            scene.recorder,
            name,
            lines_of(scene, name, revision),
            before.templates.get(name) if before.revision else None,
            revision=revision,
        )
    )


async def metrics(scene: Scene, revision: str) -> Observations:
    """The system's own metrics against when it was last proven well."""
    door = Door(url=scene.target.door(revision), environ=scene.target.environ(revision), revision=revision)
    return await probe_metrics(scene.recorder, scene.system, door, read_baseline(scene).metrics)

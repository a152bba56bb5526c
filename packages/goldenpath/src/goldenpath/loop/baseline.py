"""How the system was when a revision was last proven well: what later looks are compared with."""

import json
from pathlib import Path

from pydantic import Field, JsonValue, ValidationError

from goldenpath.facts import Record
from goldenpath.loop.scene import Scene
from goldenpath.probes.address import target_of
from goldenpath.probes.exposition import Scraped
from goldenpath.probes.host import families_of
from goldenpath.probes.log_news import keep
from goldenpath.probes.metrics import scrape
from goldenpath.probes.packages import Versions, packages_of
from goldenpath.probes.process import ProcessFacts
from goldenpath.probes.server import KINDS, ask
from goldenpath.probes.templates import Known
from goldenpath.probes.views import Views

FILE = "baseline.json"
LINES = 2000
"""Log lines of one component that are looked at, the newest ones."""
KEPT = ("settings", "schema", "limits", "connections", "memory", "tables", "activity")
"""Views worth comparing."""


class Baseline(Record):
    """What was seen of a system that was well."""

    revision: str = ""
    """Empty while none was recorded."""
    servers: dict[str, Views] = Field(default_factory=dict[str, Views])
    templates: dict[str, list[Known]] = Field(default_factory=dict[str, list[Known]])
    """What each component's log said."""
    metrics: Scraped | None = None
    packages: dict[str, Versions] = Field(default_factory=dict[str, Versions])
    """What each component's processes ran with."""


def read_baseline(scene: Scene) -> Baseline:
    """The recorded one; an empty one when there is none that can be read."""
    try:
        return Baseline.model_validate_json(_path(scene).read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return Baseline()


async def record_baseline(scene: Scene, revision: str) -> Baseline:
    """Look at a revision that has just been proven, and keep what was seen."""
    environ = scene.target.environ(revision)
    servers: dict[str, Views] = {}
    for name, component in scene.system.components.items():
        target = target_of(component, environ)
        if target is not None and component.kind in KINDS:
            views = (await ask(target)).views
            servers[name] = {view: value for view, value in views.items() if view in KEPT}
    scraped = await scrape(scene.system, scene.target.door(revision), environ)
    found = Baseline(
        revision=revision,
        servers=servers,
        templates={name: keep(lines_of(scene, name, revision)) for name in scene.system.components},
        metrics=scraped if isinstance(scraped, Scraped) else None,
        packages={f.component: packages_of(families_of(f.pid)) for f in await facts_of(scene, revision)},
    )
    path = _path(scene)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = path.with_suffix(".new")
    written.write_text(json.dumps(found.model_dump(mode="json")), encoding="utf-8")
    written.replace(path)
    return found


def lines_of(scene: Scene, component: str, revision: str) -> list[dict[str, JsonValue]]:
    """What this component wrote since the revision was made."""
    since = scene.target.revision(revision).created_at
    return scene.target.logs(component, revision=revision, since=since, limit=LINES)


async def facts_of(scene: Scene, revision: str) -> list[ProcessFacts]:
    """The processes of the revision and of what all share."""
    return [
        ProcessFacts(
            component=s.component,
            replica=s.replica,
            revision=s.revision,
            state=s.state,
            pid=s.pid,
            exit_code=s.exit_code,
            uptime_s=s.uptime_s,
        )
        for s in await scene.target.processes()
        if s.revision in {"", revision}
    ]


def _path(scene: Scene) -> Path:
    return scene.project / ".goldenpath" / scene.environment / FILE

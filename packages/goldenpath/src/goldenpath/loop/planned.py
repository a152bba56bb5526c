"""What a revision would reach and take, judged on paper: its addresses, and its share of what all use."""

import psutil
from pydantic import JsonValue

from goldenpath.checks.budgets import check_budgets
from goldenpath.checks.network import check_network
from goldenpath.facts import Finding
from goldenpath.loop.baseline import read_baseline
from goldenpath.loop.scene import Observations, Scene


def check_plan(scene: Scene, revision: str) -> tuple[Observations, tuple[Finding, ...]]:
    """The network plan and the budgets of the manifest, for the variables of this revision."""
    environ = scene.target.environ(revision)
    seen, findings = check_network(scene.recorder, scene.system, scene.environment, environ, revision)
    limits = {name: most for name, views in read_baseline(scene).servers.items() if (most := _most(views))}
    return seen, (*findings, *check_budgets(scene.system, limits, psutil.virtual_memory().total))


def _most(views: dict[str, JsonValue]) -> int:
    """Connections that a server allows to ordinary users, as it said when it was last well; 0 when nobody knows."""
    known = views.get("connections")
    most, reserved = (known.get("max"), known.get("reserved", 0)) if isinstance(known, dict) else (0, 0)
    return most - (reserved if isinstance(reserved, int) else 0) if isinstance(most, int) else 0

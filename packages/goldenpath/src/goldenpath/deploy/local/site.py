"""One environment of one system on this machine: what the manifest says of it, and where its state is."""

import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from goldenpath.deploy.local.disk import locked, private_folder
from goldenpath.deploy.local.layout import Layout
from goldenpath.manifest.model import Component, EnvironmentSpec, System

INHERITED = ("HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE")
"""What a process gets besides its contract variables, so that a variable missing there is missing."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """What everything here acts on."""

    system: System
    project: Path
    environment: str
    layout: Layout

    @property
    def spec(self) -> EnvironmentSpec:
        """The manifest's words on this environment."""
        return self.system.environments[self.environment]

    def components(self, lifetime: Literal["environment", "revision"]) -> dict[str, Component]:
        """The components of this lifetime that run here."""
        return {name: c for name, c in self.system.components.items() if c.run and c.lifetime == lifetime}


@asynccontextmanager
async def writing(site: Site) -> AsyncGenerator[None]:
    """Hold the environment's lock for the block, its folders made; one command at a time changes what is recorded."""
    layout = site.layout
    for folder in (layout.root.parent, layout.root, layout.logs, layout.revisions, layout.data):
        private_folder(folder)
    (layout.root.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    async with locked(layout.lock):
        yield


def own_names(component: Component, variables: dict[str, str]) -> dict[str, str]:
    """The variables with those that this component knows by other names; what is missing is missing under both."""
    renamed = {name: variables[source] for name, source in component.variables.items() if source in variables}
    return variables | renamed


def process_environ(variables: dict[str, str]) -> dict[str, str]:
    """The whole environment of a process: the contract's variables and the few that every program needs."""
    base = {name: os.environ[name] for name in INHERITED if name in os.environ}
    programs = str(Path(sys.executable).parent)
    path = f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**base, "PATH": path, "PYTHONUNBUFFERED": "1", **variables}

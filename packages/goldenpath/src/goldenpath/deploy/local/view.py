"""Looking at an environment on this machine: revisions, processes, logs and doors; nothing here changes anything."""

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from goldenpath.deploy.local.address import web_address
from goldenpath.deploy.local.artefacts import Artefacts
from goldenpath.deploy.local.client import ask, stands, was_killed
from goldenpath.deploy.local.git import Git
from goldenpath.deploy.local.inspection import statuses
from goldenpath.deploy.local.layout import Layout
from goldenpath.deploy.local.log_files import last_lines
from goldenpath.deploy.local.ports import LOOPBACK
from goldenpath.deploy.local.revisions import Revisions
from goldenpath.deploy.local.site import Site
from goldenpath.deploy.local.values import environment_ports
from goldenpath.deploy.local.wire import Status
from goldenpath.deploy.target import Artefact, ProcessStatus, Revision
from goldenpath.errors import StateError
from goldenpath.manifest.model import Component, System

STATE = ".goldenpath"


class LocalView:
    """One environment of one system on this machine, read only."""

    def __init__(self, system: System, project: Path, environment: str) -> None:
        """Its state is in `.goldenpath/ENVIRONMENT` of the project."""
        self._layout = Layout(project.resolve() / STATE / environment)
        self._site = Site(system=system, project=project.resolve(), environment=environment, layout=self._layout)
        self._revisions = Revisions(self._site)
        self._artefacts = Artefacts(self._site)
        self.repository = Git(self._site.project)

    def revision(self, name: str) -> Revision:
        """One revision; StateError when there is none of that name."""
        return self._revisions.read(name)

    def revisions(self) -> tuple[Revision, ...]:
        """Every revision, oldest first."""
        return self._revisions.all()

    def artefact(self, name: str) -> Artefact | None:
        """The code that a revision carries; None when the manifest declares none."""
        return self._artefacts.read(self._revisions.read(name).artefact)

    def environ(self, name: str) -> dict[str, str]:
        """The contract variables of a revision, filled in; they hold secrets."""
        self._revisions.read(name)
        return self._revisions.environ(name)

    def live(self) -> Revision | None:
        """The revision with the traffic."""
        return self._revisions.pointed("live")

    def last_good(self) -> Revision | None:
        """The revision that was proven last."""
        return self._revisions.pointed("last_good")

    def supervisor(self) -> Literal["running", "killed", "none"]:
        """Whether somebody keeps the processes."""
        if stands(self._layout):
            return "running"
        return "killed" if was_killed(self._layout) else "none"

    async def processes(self) -> tuple[ProcessStatus, ...]:
        """Every process that should be there, and how it is."""
        live = self.live()
        children = (await ask(self._layout, Status())).children if stands(self._layout) else ()
        return statuses(self._site.system, self._layout, children, [live.name] if live else [])

    def logs(
        self, component: str, *, revision: str = "", since: datetime | None = None, limit: int = 500
    ) -> list[dict[str, JsonValue]]:
        """The last log lines of a component, oldest first; of every revision when none is named."""
        return last_lines(self.log_files(component, revision), since=since, limit=limit)

    def log_files(self, component: str, revision: str) -> tuple[Path, ...]:
        """The files these lines are in; a shared component has the same for every revision."""
        shared = self._component(component).lifetime == "environment"
        pattern = self._layout.log(component, "" if shared else revision or "*", 0).name.replace(".0.", ".*.")
        return tuple(sorted(self._layout.logs.glob(pattern)))

    def door(self, revision: str = "") -> str:
        """The base address of a revision's web component; without a revision, of the front door."""
        if not revision:
            if not self._layout.ports.exists():
                raise StateError("nothing was deployed", where=self._site.environment, hint="goldenpath deploy")
            return f"http://{LOOPBACK}:{environment_ports(self._site).front}"
        host, port = self._address(revision)
        return f"http://{host}:{port}"

    def _address(self, revision: str) -> tuple[str, int]:
        door = self._site.system.doors.component
        chosen = self._revisions.plan(revision).ports.get(door, 0)
        return web_address(self._component(door), self._revisions.environ(revision), str(chosen))

    def _component(self, name: str) -> Component:
        if name not in self._site.system.components:
            known = ", ".join(self._site.system.components)
            raise StateError(f"no component {name!r}", where="goldenpath.toml", hint=f"there are: {known}")
        return self._site.system.components[name]

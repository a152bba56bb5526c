"""Revisions on disk: one folder each with what it is, what it was made from and its environment."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from goldenpath.deploy.local.disk import private_folder, read_json, write_json, write_whole
from goldenpath.deploy.local.ports import choose, is_free
from goldenpath.deploy.local.site import Site
from goldenpath.deploy.local.values import Variables, environment_ports, fill_variables, names_of
from goldenpath.deploy.target import Artefact, Revision
from goldenpath.errors import StateError
from goldenpath.facts import Record

RECORD, PLAN, ENVIRON = "revision.json", "plan.json", "environ.json"
Pointer = Literal["live", "last_good"]


class Plan(Record):
    """What a revision was made from: enough to fill its environment again. It may hold secrets."""

    variables: Variables
    ports: dict[str, int] = Field(default_factory=dict[str, int])
    """Of the components that each revision has its own of."""


class Revisions:
    """The revisions of one environment."""

    def __init__(self, site: Site) -> None:
        """Read and write below the site's state folder."""
        self._site = site
        self._folder = site.layout.revisions

    def create(self, changes: Mapping[str, str | None], based_on: str, artefact: Artefact | None) -> Revision:
        """Write a new revision down, without fingerprint. Hold the lock."""
        base = self.plan(based_on).variables if based_on else self.manifest_variables()
        variables = _changed(base, changes, self._restored(changes))
        name = f"r{max((_number(r.name) for r in self.all()), default=0) + 1}"
        private_folder(self._folder / name)
        write_json(self._folder / name / PLAN, Plan(variables=variables).model_dump())
        self.fill(name)
        revision = Revision(
            name=name,
            environment=self._site.environment,
            created_at=datetime.now(UTC),
            based_on=based_on,
            changes=differences(self._compared().texts(), variables.texts()),
            artefact=artefact.digest if artefact else "",
            commit=artefact.commit if artefact else "",
            ahead_of=artefact.ahead_of if artefact else "",
        )
        self.write(revision)
        return revision

    def fill(self, name: str) -> bool:
        """Fill the revision's environment with today's ports; whether that changed it. Hold the lock."""
        shared = environment_ports(self._site)
        plan = self._with_ports(self._plan(name), name, {shared.front, *shared.components.values()})
        write_json(self._folder / name / PLAN, plan.model_dump())
        before = self.environ(name)
        names = names_of(self._site, name, {**shared.components, **plan.ports})
        environ = fill_variables(self._site, plan.variables, names)
        write_json(self._folder / name / ENVIRON, environ)
        return environ != before

    def read(self, name: str) -> Revision:
        """One revision; StateError when there is none of that name."""
        fields = read_json(self._folder / name / RECORD) if name.isalnum() else {}
        if not fields:
            known = ", ".join(r.name for r in self.all()) or "none"
            raise StateError(f"no revision {name!r}", where=self._site.environment, hint=f"there are: {known}")
        return Revision.model_validate(fields)

    def all(self) -> tuple[Revision, ...]:
        """Every revision, oldest first."""
        if not self._folder.exists():
            return ()
        records = [read_json(path / RECORD) for path in self._folder.iterdir()]
        found = [Revision.model_validate(fields) for fields in records if fields]
        return tuple(sorted(found, key=lambda r: _number(r.name)))

    def write(self, revision: Revision) -> None:
        """Replace what is known of a revision."""
        write_whole(self._folder / revision.name / RECORD, revision.model_dump_json(indent=1) + "\n")

    def update(self, name: str, **changes: object) -> Revision:
        """Change what is known of a revision."""
        revision = self.read(name).model_copy(update=changes)
        self.write(revision)
        return revision

    def environ(self, name: str) -> dict[str, str]:
        """The contract variables of a revision as they were filled; empty before that."""
        return dict(read_json(self._folder / name / ENVIRON))

    def plan(self, name: str) -> Plan:
        """What a revision was made from."""
        self.read(name)
        return self._plan(name)

    def pointed(self, pointer: Pointer) -> Revision | None:
        """The live revision, or the last good one."""
        path = self._pointer(pointer)
        name = path.read_text(encoding="utf-8").strip() if path.exists() else ""
        return self.read(name) if name else None

    def point(self, pointer: Pointer, name: str) -> None:
        """Record which revision is live, or the last good one; an empty name for none."""
        write_whole(self._pointer(pointer), f"{name}\n")

    def manifest_variables(self) -> Variables:
        """What a revision without changes is made from."""
        return Variables(templates=self._site.spec.variables)

    def _plan(self, name: str) -> Plan:
        return Plan.model_validate(read_json(self._folder / name / PLAN))

    def _pointer(self, pointer: Pointer) -> Path:
        return self._site.layout.live if pointer == "live" else self._site.layout.last_good

    def _compared(self) -> Variables:
        good = self.pointed("last_good")
        return self.plan(good.name).variables if good else self.manifest_variables()

    def _with_ports(self, plan: Plan, name: str, taken: set[int]) -> Plan:
        """A port for each component of this revision: the one it has, while nobody else took it."""
        others = {p for r in self.all() if r.name != name for p in self.plan(r.name).ports.values()}
        ports = dict(plan.ports)
        for component in self._site.components("revision"):
            if component not in ports or not is_free(ports[component]):
                ports[component] = choose({*taken, *others, *ports.values()})
        return Plan(variables=plan.variables, ports=ports)

    def _restored(self, changes: Mapping[str, str | None]) -> dict[str, str]:
        """The templates that these values came from.

        Each revision has its own name and ports, and must get its own when a value is restored from another one.
        """
        known = [(self.environ(r.name), self.plan(r.name).variables.templates) for r in self.all()]
        return {
            variable: templates[variable]
            for variable, value in changes.items()
            for filled, templates in known
            if value is not None and variable in templates and filled.get(variable) == value
        }


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[str, ...]:
    """What differs, in words and without values."""
    words = {name: _word(name, before, after) for name in sorted({*before, *after})}
    return tuple(f"{name} {word}" for name, word in words.items() if word)


def _word(name: str, before: Mapping[str, object], after: Mapping[str, object]) -> str:
    if name not in after:
        return "removed"
    if name not in before:
        return "added"
    return "changed" if before[name] != after[name] else ""


def _changed(base: Variables, changes: Mapping[str, str | None], restored: Mapping[str, str]) -> Variables:
    templates = {n: t for n, t in base.templates.items() if n not in changes}
    literals = {n: v for n, v in base.literals.items() if n not in changes}
    given = {n: v for n, v in changes.items() if v is not None and n not in restored}
    return Variables(templates=templates | dict(restored), literals=literals | given)


def _number(name: str) -> int:
    return int(name.removeprefix("r")) if name[1:].isdigit() else 0

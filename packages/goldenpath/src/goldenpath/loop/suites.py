"""The test run of a deployed revision, described for `goldenpath.testing`."""

from collections.abc import Mapping
from pathlib import Path

from goldenpath.errors import ManifestError, UsageError
from goldenpath.loop.scene import Scene
from goldenpath.manifest.model import Component
from goldenpath.probes.address import target_of as address_of
from goldenpath.testing.rows import Database
from goldenpath.testing.run import SuiteRun
from goldenpath.testing.target import FailFast, Selection, Target
from goldenpath.testing.witness import Sources


def run_of(
    scene: Scene, revision: str, work_dir: Path, *, suite: str = "", selection: Selection | None = None
) -> SuiteRun:
    """One run of a suite (the manifest's first, unless named) against a revision's own door."""
    name = suite or next(iter(scene.system.suites), "")
    if name not in scene.system.suites:
        known = ", ".join(scene.system.suites) or "none: declare one under [suites]"
        raise UsageError(f"no suite {name!r}", where="goldenpath.toml", hint=f"suites: {known}")
    spec = scene.system.suites[name]
    return SuiteRun(
        project=scene.project,
        path=spec.path,
        target=target_of(scene, revision),
        sources=sources_of(scene, revision),
        work_dir=work_dir,
        selection=selection or Selection(),
        fail_fast=FailFast(),
        workers=spec.workers,
        timeout_s=spec.timeout_s,
    )


def target_of(scene: Scene, revision: str) -> Target:
    """A revision as its users see it."""
    doors = scene.system.doors
    return Target(
        door=scene.target.door(revision),
        socket_path=doors.socket,
        revision=revision,
        fingerprint=scene.target.revision(revision).fingerprint,
        version_path=doors.version,
        revision_field=doors.revision_field,
        fingerprint_field=doors.fingerprint_field,
        revision_header=doors.revision_header,
        environ=scene.target.environ(revision),
    )


def sources_of(scene: Scene, revision: str) -> Sources:
    """Where the nonces of tests are found: the log of the manifest's component, and its rows, where it names them."""
    rows, log = scene.system.proof.rows, scene.system.proof.log
    environ = scene.target.environ(revision)
    return Sources(
        logs=tuple(str(path) for path in scene.target.log_files(log.component, revision)) if log else (),
        log_field=log.field if log else "",
        sql=rows.sql if rows else "",
        database=_database(scene.system.components[rows.component], rows.component, environ) if rows else None,
    )


def _database(component: Component, name: str, environ: Mapping[str, str]) -> Database:
    target = address_of(component, environ)
    if target is None or target.problem or not target.port.isdecimal():
        problem = target.problem if target else "it has no address"
        raise ManifestError(f"rows cannot be read there: {problem}", where=f"proof.rows.component {name}")
    return Database(
        host=target.host,
        port=int(target.port),
        user=target.user,
        password=target.password.get_secret_value(),
        database=target.database,
    )

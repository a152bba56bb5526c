"""The test run of a deployed revision, described for `goldenpath.testing`."""

from pathlib import Path

from goldenpath.errors import ManifestError, UsageError
from goldenpath.loop.scene import Scene
from goldenpath.testing.rows import Database
from goldenpath.testing.run import SuiteRun
from goldenpath.testing.target import FailFast, Selection, Target
from goldenpath.testing.witness import Sources


def run_of(
    scene: Scene, revision: str, work_dir: Path, *, suite: str = "", selection: Selection | None = None
) -> SuiteRun:
    """One run of a suite (the manifest's first, unless named) against a revision's own door."""
    name = suite or next(iter(scene.system.suites))
    if name not in scene.system.suites:
        raise UsageError(
            f"no suite {name!r}", where="goldenpath.toml", hint=f"suites: {', '.join(scene.system.suites)}"
        )
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
    """Where the nonces of tests are found: the log of the manifest's component, and its rows."""
    proof = scene.system.proof
    address = scene.system.components[proof.rows.component].address
    if address is None:
        raise ManifestError("has no address to read rows at", where=f"proof.rows.component {proof.rows.component}")
    environ = scene.target.environ(revision)
    return Sources(
        logs=tuple(str(path) for path in scene.target.log_files(proof.log.component, revision)),
        log_field=proof.log.field,
        sql=proof.rows.sql,
        database=Database(
            host=environ[address.host],
            port=int(environ[address.port]),
            user=environ[address.user],
            password=environ[address.password],
            database=environ[address.database],
        ),
    )

"""What the loop learns of the code a revision carries before anything of it runs: changes, compilation, migrations."""

from pathlib import Path

from goldenpath.checks.code import Verified, Version, check_code, note_changes
from goldenpath.checks.migrations import check_migrations
from goldenpath.deploy.target import Artefact
from goldenpath.facts import Finding
from goldenpath.loop.scene import Observations, Scene


def code_changes(scene: Scene, revision: str) -> Observations:
    """Which files differ from the last good revision; nothing when the manifest declares no code."""
    now = scene.target.artefact(revision)
    if now is None:
        return ()
    before = _last_good(scene, revision)
    return note_changes(scene.recorder, _version(before) if before else None, _version(now), revision)


async def verify_code(scene: Scene, revision: str) -> tuple[Observations, tuple[Finding, ...]]:
    """Compile and import the whole application by the manifest's command, where the revision's processes would.

    The code of the last good revision has run: it is not loaded once more to see whether it loads.
    """
    spec, now, good = scene.system.artefact, scene.target.artefact(revision), scene.target.last_good()
    if (
        spec is None
        or spec.verify is None
        or now is None
        or (good is not None and _digest(scene, good.name) == now.digest)
    ):
        return (), ()
    ran = await scene.target.run(spec.verify, revision)
    done = Verified(exit_code=ran.exit_code, stdout=ran.stdout, stderr=ran.stderr, folder=now.folder)
    seen, finding = check_code(scene.recorder, done, revision)
    return seen, (finding,)


def check_schema_changes(scene: Scene, revision: str) -> tuple[Observations, tuple[Finding, ...]]:
    """The migrations of this revision against those of the last good one, before any of them runs."""
    spec, now = scene.system.artefact, scene.target.artefact(revision)
    if spec is None or not spec.migrations or now is None:
        return (), ()
    before = _last_good(scene, revision)
    texts = _migrations(before, spec.migrations) if before else {}
    return check_migrations(scene.recorder, texts, _migrations(now, spec.migrations), revision)


def _last_good(scene: Scene, revision: str) -> Artefact | None:
    good = scene.target.last_good()
    return scene.target.artefact(good.name) if good and good.name != revision else None


def _digest(scene: Scene, revision: str) -> str:
    found = scene.target.artefact(revision)
    return found.digest if found else ""


def _version(artefact: Artefact) -> Version:
    return Version(files=artefact.files, commit=artefact.commit)


def _migrations(artefact: Artefact, folder: str) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in Path(artefact.folder, folder).glob("*.sql")}

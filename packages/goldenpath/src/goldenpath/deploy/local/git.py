"""The project's git repository, as far as revisions need it: commits, their code, and whether a patch applies."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from goldenpath.deploy.target import Commit
from goldenpath.errors import StateError

GIT_S = 20.0
"""A command of git that takes longer is given up."""
APART = "\x1f"


class Git:
    """Commands of git in one folder; nothing here changes the repository or its working copy."""

    def __init__(self, project: Path) -> None:
        """The folder may be any within its repository."""
        self._project = project

    @property
    def installed(self) -> bool:
        """Whether there is a git to ask; without one a revision is known by its folder alone."""
        return shutil.which("git") is not None

    def commit(self, name: str) -> str:
        """The full name of a commit; StateError when git knows none by this name."""
        return self.run("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}").decode().strip()

    def archive(self, commit: str, paths: tuple[str, ...]) -> bytes:
        """These paths of a commit as a tar file."""
        return self.run("archive", "--format=tar", commit, "--", *paths)

    def head(self, paths: tuple[str, ...]) -> str:
        """The commit that has these paths as they are now; empty when one differs, or there is no repository."""
        try:
            return "" if self.run("status", "--porcelain", "--", *paths) else self.commit("HEAD")
        except StateError:
            return ""

    def newest(self) -> str:
        """The commit that the folder is at; empty where there is no repository, or nothing was committed."""
        try:
            return self.commit("HEAD")
        except StateError:
            return ""

    def between(self, good: str, bad: str, paths: tuple[str, ...]) -> tuple[Commit, ...]:
        """The commits in the past of `bad` and not of `good` that touch these paths, newest first, with `bad` itself.

        Parents are those among them, as if the others were not.
        """
        form = f"--format=%H{APART}%P{APART}%s"
        said = self.run("log", "--topo-order", "--parents", form, f"{good}..{bad}", "--", *paths).decode(
            errors="replace"
        )
        found = tuple(_commit(text) for text in said.splitlines())
        if any(commit.name == bad for commit in found):
            return found
        parents = {parent for commit in found for parent in commit.parents}
        heads = tuple(commit.name for commit in found if commit.name not in parents)
        return (Commit(name=bad, parents=heads, subject=self._subject(bad)), *found)

    def base(self, good: str, bad: str) -> str:
        """The newest commit that both come from; StateError when they have no common past."""
        return self.run("merge-base", good, bad).decode().split()[0]

    def parent(self, commit: str) -> str:
        """The first parent; empty when there is none."""
        words = self.run("rev-list", "--parents", "--max-count=1", commit).decode().split()
        return words[1] if len(words) > 1 else ""

    def merged(self, ours: str, base: str, theirs: str) -> str | None:
        """Our text with what changed from `base` to `theirs`; None when both changed the same lines."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder, name) for name in ("ours", "base", "theirs")]
            for path, text in zip(paths, (ours, base, theirs), strict=True):
                path.write_bytes(text.encode(errors="surrogateescape"))
            done = self._started("merge-file", "-p", *map(str, paths))
        return None if done.returncode else done.stdout.decode(errors="surrogateescape")

    def applies(self, patch: str, folder: Path) -> str:
        """Why this unified diff does not apply to the files of a folder; empty when it does. Nothing is written."""
        with tempfile.NamedTemporaryFile(suffix=".diff") as file:
            file.write(patch.encode(errors="surrogateescape"))
            file.flush()
            done = self._started("apply", "--check", file.name, folder=folder)
        return done.stderr.decode(errors="replace").strip()[-400:] if done.returncode else ""

    def run(self, *words: str) -> bytes:
        """What a command of git printed; StateError when it failed."""
        done = self._started(*words)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise StateError(f"git {words[0]}: {said}", where=str(self._project))
        return done.stdout

    def _subject(self, commit: str) -> str:
        return self.run("log", "--max-count=1", "--format=%s", commit).decode(errors="replace").strip()

    def _started(self, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[bytes]:
        git = shutil.which("git")
        if git is None:
            raise StateError("there is no git", where="artefact", hint="install it, or deploy a folder")
        place = folder or self._project
        try:
            return subprocess.run([git, *words], cwd=place, capture_output=True, check=False, timeout=GIT_S)
        except subprocess.TimeoutExpired as error:
            raise StateError(f"git {words[0]} took longer than {GIT_S:g} s", where=str(place)) from error


def _commit(text: str) -> Commit:
    name, parents, subject = text.split(APART, 2)
    return Commit(name=name, parents=tuple(parents.split()), subject=subject)

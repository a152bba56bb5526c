"""The code that revisions carry: copies named by what they contain, so that the same code is one folder."""

import hashlib
import io
import tarfile
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from goldenpath.deploy.local.disk import private_folder, read_json, write_json
from goldenpath.deploy.local.git import Git
from goldenpath.deploy.local.site import Site
from goldenpath.deploy.target import Artefact, Code
from goldenpath.errors import ManifestError

DIGEST_LENGTH = 16
LEFT_OUT = frozenset({"__pycache__"})


class Artefacts:
    """The copies of one environment."""

    def __init__(self, site: Site) -> None:
        """Keep them below the site's state folder."""
        self._site = site
        self._folder = site.layout.artefacts
        self._git = Git(site.project)

    def take(self, code: Code) -> Artefact | None:
        """Copy this code, unless it is there already; None when the manifest declares no code. Hold the lock."""
        if self._site.system.artefact is None:
            return None
        if code.commit:
            return self._commit(code.commit)
        if code.folder:
            return self._copied(Path(code.folder), "")
        commit = self._git.head(self._paths())
        made = self._copied(self._site.project, commit)
        return made if made.commit else made.model_copy(update={"ahead_of": self._git.newest()})

    def read(self, digest: str) -> Artefact | None:
        """One copy; None when it is unknown."""
        fields = read_json(self._folder / f"{digest}.json") if digest else {}
        return Artefact.model_validate(fields) if fields else None

    def mixed(self, base: Artefact, names: Collection[str], other: Artefact) -> Artefact:
        """The code of `base` in which these files are those of `other`; one that `other` lacks is left out."""
        files = {name: Path(base.folder, name).read_bytes() for name in base.files if name not in names}
        files |= {name: Path(other.folder, name).read_bytes() for name in other.files if name in names}
        return self._kept(files, "")

    def of(self, files: Mapping[str, bytes]) -> Artefact:
        """Code given as contents by path."""
        return self._kept(dict(files), "")

    def _copied(self, source: Path, commit: str) -> Artefact:
        return self._kept({name: (source / name).read_bytes() for name in self._names(source)}, commit)

    def _kept(self, files: dict[str, bytes], commit: str) -> Artefact:
        sums = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
        digest = hashlib.sha256(repr(sums).encode()).hexdigest()[:DIGEST_LENGTH]
        known = self.read(digest)
        commit = commit or (known.commit if known else "")
        made = Artefact(digest=digest, folder=str(self._folder / digest), commit=commit, files=sums)
        if not (self._folder / digest).exists():
            self._write(digest, files)
        write_json(self._folder / f"{digest}.json", made.model_dump())
        return made

    def _write(self, digest: str, files: dict[str, bytes]) -> None:
        private_folder(self._folder)
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            whole = Path(scratch) / digest
            for name, content in files.items():
                (whole / name).parent.mkdir(parents=True, exist_ok=True)
                (whole / name).write_bytes(content)
            whole.rename(self._folder / digest)

    def _names(self, source: Path) -> Iterator[str]:
        for path in self._paths():
            found = source / path
            if not found.exists():
                raise ManifestError(f"{path} is not there", where="artefact.paths", hint="name a file or a folder")
            below = found.rglob("*") if found.is_dir() else iter((found,))
            for file in below:
                if file.is_file() and not LEFT_OUT & set(file.parts) and file.suffix != ".pyc":
                    yield str(file.relative_to(source))

    def _commit(self, name: str) -> Artefact:
        commit = self._git.commit(name)
        archive = self._git.archive(commit, self._paths())
        private_folder(self._folder)
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
                tar.extractall(scratch, filter="data")
            return self._copied(Path(scratch), commit)

    def _paths(self) -> tuple[str, ...]:
        spec = self._site.system.artefact
        return spec.paths if spec else ()

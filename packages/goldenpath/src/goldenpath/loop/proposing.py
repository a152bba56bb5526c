"""What the loop lays down for people to review and adopt, in the folder of its run: patches, and drills of causes."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from goldenpath.diagnosis.bundle import Bundle, dump
from goldenpath.events import Proposed
from goldenpath.facts import Cause, Diagnosis, Observation
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.patching import Patch
from goldenpath.loop.scene import Scene
from goldenpath.probes.record import now

FOLDER = "proposals"
LONGEST_ID = 60
LONGEST_DIFF = 20_000
"""Characters of a diff that the journal keeps; the file has all of it."""


class Proposing:
    """Writes proposals of one run and tells of each."""

    def __init__(self, scene: Scene, narrator: Narrator, folder: Path) -> None:
        """Below the run's folder."""
        self._scene = scene
        self._narrator = narrator
        self._folder = folder / FOLDER
        self._run = folder.name
        self._written: set[str] = set()

    def patch(self, revision: str, patch: Patch) -> str:
        """A diff that takes a bad change back; never applied here. Returns its path."""
        path = self._file(f"{revision}.diff", patch.text)
        where = self._shown(path)
        words = f"takes {', '.join(patch.files)} back; {patch.statement}"
        text = patch.text[:LONGEST_DIFF]
        self._tell(
            Proposed(
                **self._narrator.stamp,
                kind="patch",
                verdict=patch.verdict,
                statement=words,
                path=where,
                command=f"git apply {where}",
                text=text,
            )
        )
        return where

    def drill(self, diagnosis: Diagnosis, observations: tuple[Observation, ...]) -> None:
        """A drill for each first cause of a diagnosis: its evidence, and what the engine must say of it again."""
        if not diagnosis.causes or self._name(diagnosis.causes[0]) in self._written:
            return
        cause = diagnosis.causes[0]
        name = self._name(cause)
        self._written.add(name)
        words = f"{cause.component}: {cause.statement}"
        bundle = Bundle(recorded_at=now(), system=self._scene.system, observations=observations, note=words)
        self._file(f"{name}.json", portable(dump(bundle, str(self._scene.project))))
        where = self._shown(self._file(f"{name}.toml", drill_text(name, diagnosis)))
        self._tell(
            Proposed(
                **self._narrator.stamp,
                kind="drill",
                verdict="pass",
                statement=f"{cause.id} of {cause.component}, drawn again from what was observed",
                path=where,
                command=f"goldenpath drill adopt {where}",
            )
        )

    def _name(self, cause: Cause) -> str:
        words = f"{cause.id}-{cause.component}".lower().replace("_", "-")
        return f"{words[: LONGEST_ID - len(self._run) - 1]}-{self._run}"

    def _file(self, name: str, text: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / name
        path.write_bytes(text.encode(errors="surrogateescape"))
        return path

    def _shown(self, path: Path) -> str:
        project = self._scene.project
        return str(path.relative_to(project) if path.is_relative_to(project) else path)

    def _tell(self, event: Proposed) -> None:
        self._narrator.tell(event)


def drill_text(name: str, diagnosis: Diagnosis) -> str:
    """A drill file that replays a recorded bundle of the same name beside it; pure."""
    first, *others = diagnosis.causes
    refuted = sorted({r.cause for link in first.chain for r in link.rivals if r.refuted_by} - {first.id})
    also = [f"{cause.component}:{cause.id}" for cause in others]
    title = f"{first.component}: {first.statement}"[:200]
    fields = {"id": name, "title": title, "kind": "fault", "evidence": f"{name}.json"}
    expected = {"cause": first.id, "component": first.component, "refuted": refuted, "also": also, "repaired": False}
    return "\n".join([*_lines(fields), "", "[expect]", *_lines(expected), ""])


def portable(text: str) -> str:
    """Stack traces name the interpreter's folders, which say something of this machine and nothing of the fault."""
    for prefix in sorted({sys.prefix, sys.base_prefix}, key=len, reverse=True):
        text = text.replace(prefix, "{python}")
    return text


def _lines(fields: Mapping[str, object]) -> list[str]:
    """As TOML: what JSON says of a text, a list of texts or a truth value, TOML reads alike."""
    return [
        f"{name} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007F") for name, value in fields.items()
    ]

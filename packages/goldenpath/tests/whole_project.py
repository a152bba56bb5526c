"""A copy of this repository's own project, driven by the real command line against the real netra."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PARTS = ("goldenpath.toml", "e2e", "drills", "packages/netra/src")
BIN = Path(sys.executable).parent


class Project:
    """One checkout with its own environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k in {"LANG", "TMPDIR"}}
        return kept | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(self.folder), "COLUMNS": "160"}

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(BIN / "goldenpath"), *words],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, seconds: float = 400) -> tuple[int, dict[str, Any], str]:
        """Exit code, the JSON result, and what was said meanwhile."""
        process = self.start(*words, "--output", "json")
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
        lines = out.splitlines()
        return process.returncode, json.loads(lines[-1]) if lines else {}, err

    def journals(self) -> list[Path]:
        return sorted((self.folder / ".goldenpath/local/loops").glob("*/journal.jsonl"))


@contextmanager
def project(folder: Path, *, suite: str = "") -> Generator[Project]:
    """A project in this folder; `suite` narrows its tests to one file. Leaves nothing running."""
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    changes = {"[watch]\nseconds = 10\n": "[watch]\nseconds = 2\n"} | (
        {'path = "e2e"': f'path = "{suite}"'} if suite else {}
    )
    manifest = folder / "goldenpath.toml"
    text = manifest.read_text(encoding="utf-8")
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    manifest.write_text(text, encoding="utf-8")
    made = Project(folder)
    try:
        yield made
    finally:
        made.run("down", "--purge", seconds=60)

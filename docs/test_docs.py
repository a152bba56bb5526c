"""Runs what the documents say: every code block, and the pages that are made from code."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", *(p for p in (ROOT / "docs").rglob("*.md") if "decisions" not in p.parts)])
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
PROJECT = ("goldenpath.toml", "e2e", "drills")
BLOCK_S = 240
ELSEWHERE = {
    "pip install uv && uv run goldenpath loop": "e2e of the whole loop: packages/goldenpath/tests/test_whole_loop.py",
    "pip install uv && uv run pytest": "this run",
}
"""Blocks that cannot run inside a test, and what runs them."""


class Block(NamedTuple):
    language: str
    options: dict[str, str]
    body: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        language, *words = found["info"].split() or [""]
        options = dict(word.partition("=")[::2] for word in words)
        yield Block(language, options, found["body"], text.count("\n", 0, found.start()) + 1)


def project_copy(folder: Path) -> Path:
    folder.chmod(0o755)
    for name in PROJECT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def run_bash(block: Block, folder: Path) -> None:
    """Run one block as a reader would; the environment is already the one that `uv run` makes."""
    script = re.sub(r"\buv run ", "", block.body)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8", "COLUMNS": "120"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=BLOCK_S,
        check=False,
    )
    expected = int(block.options.get("exit", "0"))
    assert done.returncode == expected, f"line {block.line} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_code_block_of_the_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    folder = project_copy(tmp_path)
    try:
        for block in blocks(page):
            match block.language:
                case "bash":
                    if block.body.strip() not in ELSEWHERE:
                        run_bash(block, folder)
                case "toml":
                    tomllib.loads(block.body)
                case "json":
                    json.loads(block.body)
                case "text":
                    pass  # what a command prints, not code
                case _:
                    pytest.fail(f"line {block.line}: a block must say what it is: bash, toml, json or text")
    finally:
        subprocess.run(
            [Path(sys.executable).parent / "goldenpath", "down"],
            cwd=folder,
            capture_output=True,
            timeout=60,
            check=False,
        )


def test_pages_made_from_code_say_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs/generate.py", "--check"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [t.partition("#")[0] for t in re.findall(r"\]\(([^)]+)\)", text) if "://" not in t]
    missing = [t for t in targets if t and not (page.parent / t).exists()]
    assert not missing

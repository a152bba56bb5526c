"""Runs what the documents say: every code block of every page, as a reader would."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "docs/reference/schemas"
PAGES = sorted([ROOT / "README.md", *(p for p in (ROOT / "docs").rglob("*.md") if "decisions" not in p.parts)])
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
PROJECT = ("goldenpath.toml", "e2e", "drills", "examples/seed-incident", "packages/netra/src")
WATCH = "[watch]\nseconds = 10\n"
BIN = Path(sys.executable).parent
BLOCK_S = 240


class Elsewhere(NamedTuple):
    """Who runs a block that takes too long here, and a shorter way to where it leaves the reader."""

    run_by: str
    instead: str = ""


LOOP = "packages/goldenpath/tests/test_whole_loop.py"
ELSEWHERE = {
    "pip install uv && uv run goldenpath loop": Elsewhere(f"{LOOP}, a healthy checkout"),
    "pip install uv && uv run pytest": Elsewhere("this run"),
    "uv run goldenpath loop": Elsewhere(f"{LOOP}, a healthy checkout", instead="goldenpath deploy"),
    "uv run goldenpath loop --no-controls --unset POSTGRES_HOST": Elsewhere(f"{LOOP}, without its database host"),
}
"""Blocks that run in another test."""
LONG = {
    "docs/tutorial/first-run.md",
    "docs/guides/accounts.md",
    "docs/guides/chat.md",
    "docs/guides/observability.md",
    "docs/guides/read-a-worklog.md",
    "docs/guides/your-own-models.md",
    "docs/guides/your-own-service.md",
    "docs/reference/results.md",
}
"""Pages whose blocks start servers again and again, half a minute to a minute each; their tests are slow ones."""
TRIED = [
    pytest.param(page, id=name, marks=[pytest.mark.slow] if name in LONG else [])
    for page in PAGES
    for name in [str(page.relative_to(ROOT))]
]


class Block(NamedTuple):
    """One fenced block; `exit=1` and `schema=NAME` behind its language say what must come of it."""

    language: str
    options: dict[str, str]
    body: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        language, *words = str(found["info"]).split() or [""]
        options = {name: value for name, _, value in (word.partition("=") for word in words)}
        yield Block(language, options, str(found["body"]), text.count("\n", 0, found.start()) + 1)


def project_copy(folder: Path) -> Path:
    folder.chmod(0o755)
    for name in PROJECT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    manifest = folder / "goldenpath.toml"
    # What the watch does is shown in a shorter time as well.
    text = manifest.read_text(encoding="utf-8")
    assert WATCH in text
    manifest.write_text(text.replace(WATCH, WATCH.replace("10", "2")), encoding="utf-8")
    return folder


def run_bash(block: Block, folder: Path) -> None:
    """Run one block as a reader would; the environment is already the one that `uv run` makes."""
    known = ELSEWHERE.get(block.body.strip())
    script = known.instead if known else re.sub(r"\buv run ", "", block.body)
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder), "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=BLOCK_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
    expected = 0 if known else int(block.options.get("exit", "0"))
    assert process.returncode == expected, f"line {block.line} ended with {process.returncode}:\n{out}\n{err}"
    if schema := block.options.get("schema"):
        conforms(schema, out.strip().splitlines()[-1])


def conforms(schema: str, text: str) -> None:
    """The JSON is what its schema says, and every observation in it is in the vocabulary."""
    document: Any = json.loads(text)
    told: Any = json.loads((SCHEMAS / f"{schema}.json").read_text(encoding="utf-8"))
    errors = Draft202012Validator(told).iter_errors(document)  # pyright: ignore[reportUnknownMemberType] - partly typed
    assert [error.message for error in errors] == []
    vocabulary = (ROOT / "docs/reference/observations.md").read_text(encoding="utf-8")
    names = {o["name"] for o in document.get("observations", ())}
    assert [name for name in names if f"`{name}`" not in vocabulary] == []


def run(block: Block, folder: Path) -> None:
    match block.language:
        case "bash":
            run_bash(block, folder)
        case "toml":
            tomllib.loads(block.body)
        case "json":
            json.loads(block.body)
            if schema := block.options.get("schema"):
                conforms(schema, block.body)
        case "text":
            pass  # what a command prints, not code
        case _:
            pytest.fail(f"line {block.line}: a block must say what it is: bash, toml, json or text")


def end_all(folder: Path) -> None:
    """Leave no process behind: not of the project, of a reader's own in a folder of it, nor what left its number."""
    for project in {folder, *(state.parent for state in folder.rglob(".goldenpath"))}:
        subprocess.run([BIN / "goldenpath", "down"], cwd=project, capture_output=True, timeout=60, check=False)
    for written in folder.rglob("*.pid"):
        with suppress(ValueError, ProcessLookupError):
            os.kill(int(written.read_text(encoding="ascii")), signal.SIGTERM)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", TRIED)
def test_every_code_block_of_the_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    found = list(blocks(page))
    folder = project_copy(tmp_path)
    try:
        for block in found:
            run(block, folder)
    finally:
        if any(block.language == "bash" for block in found):
            end_all(folder)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [t.partition("#")[0] for t in re.findall(r"\]\(([^)]+)\)", text) if "://" not in t]
    missing = [t for t in targets if t and not (page.parent / t).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_pages_hold_for_every_machine_and_reader(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    foreign = re.findall(
        r"/w[o]rk/|/tmp/|/root/|/home/\w+|pypi[.]org|python[h]osted|[\u2600-\u27bf\U0001f000-\U0001faff]", text
    )
    assert not foreign


def test_the_index_leads_to_every_page() -> None:
    index = ROOT / "docs/index.md"
    linked = {(index.parent / t).resolve() for t in re.findall(r"\]\(([^)#]+)", index.read_text(encoding="utf-8"))}
    own = [p for p in PAGES if p.parent != ROOT and p != index]
    assert [str(p) for p in own if p.resolve() not in linked] == []

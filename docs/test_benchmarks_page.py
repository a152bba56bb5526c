"""What the benchmarks' page says can be run: an option that was renamed there fails here."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "benchmarks/README.md"
BLOCK = re.compile(r"^```bash\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LIGHTEST = "--clients 1 --runs 1 --sockets 0 --starts 0 --no-llm --subjects builtin"
"""Given last, these count. Peers do other subjects, so none is started."""
PEERS = "shared/bench/peers"
LIMIT_S = 150


def commands() -> list[str]:
    """Every command line of the page."""
    bodies = [str(found["body"]) for found in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]
    lines = [line for body in bodies for line in body.splitlines()]
    return [line for line in lines if shlex.split(line, comments=True)]


def checkout(folder: Path) -> Path:
    """A checkout with nothing but the programs, beside the folder of peers that the page names."""
    folder.chmod(0o755)
    (folder / PEERS).mkdir(parents=True)
    shutil.copytree(ROOT / "benchmarks", folder / "main/benchmarks", ignore=shutil.ignore_patterns("__pycache__"))
    return folder / "main"


def test_the_page_shows_commands_and_no_block_of_unknown_kind() -> None:
    assert len(commands()) >= 3
    assert re.findall(r"^```\n(?!\n|$)", re.sub(BLOCK, "", PAGE.read_text(encoding="utf-8")), re.MULTILINE) == []


def ran(folder: Path, *words: str) -> str:
    """What a Python program in a checkout of its own prints."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("line", commands())
def test_every_command_of_the_page_is_one_that_its_program_takes(line: str, tmp_path: Path) -> None:
    uv, run, python, program, *options = shlex.split(line, comments=True)
    assert (uv, run, python) == ("uv", "run", "python"), "the page says how to run it"
    folder = checkout(tmp_path)
    assert (folder / program).is_file()
    parse = "from importlib import import_module as i; import sys; i(sys.argv[1]).main.make_context('', sys.argv[2:])"
    ran(
        folder / "benchmarks", "-c", parse, Path(program).stem, *(option.replace("../", "../../") for option in options)
    )


@pytest.mark.slow
@pytest.mark.timeout(LIMIT_S + 20)
def test_the_command_with_peers_runs(tmp_path: Path) -> None:
    """In its lightest form; the one without is `packages/netra/tests/test_benchmarks.py`."""
    line = next(line for line in commands() if "--peers" in line)
    words = shlex.split(line, comments=True)
    assert '"type":"load"' in ran(checkout(tmp_path), *words[3:], *LIGHTEST.split())

"""`goldenpath check code` on a small project with every kind of fault, and with the real tools."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sample import MANIFEST

from goldenpath.cli.main import root

CODE = """
[code]
sources = ["src"]
readers = ["src/shop/settings.py"]
moved = { "shop.ws" = "shop.sockets" }
layers = true
packages = ["."]
"""
PYPROJECT = """
[project]
name = "shop"
version = "1"
dependencies = ["redis"]

[tool.importlinter]
root_package = "shop"

[[tool.importlinter.contracts]]
name = "doors over stores"
type = "layers"
layers = ["shop.doors", "shop.stores"]
"""
FILES = {
    "settings.py": "import os\n\nHOST = os.environ['HOST']\n",
    "doors.py": "import httpx\nfrom shop.ws import Door\n\nprint(httpx, Door, undefined_name)\n",
    "stores.py": "import os\n\nimport shop.doors\n\nHOST = os.environ.get('HOST', 'localhost')\nprint(shop.doors)\n",
    "sockets.py": "class Door: ...\n",
    "__init__.py": "",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "goldenpath.toml").write_text(MANIFEST + CODE)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "src/shop/tests").mkdir(parents=True)
    for name, text in FILES.items():
        (tmp_path / "src/shop" / name).write_text(text)
    (tmp_path / "src/shop/tests/test_a.py").write_text("import os, pytest\nos.environ['A']\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "src"))
    return tmp_path


def call(project: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(root, ["check", "code", *words, "--project", str(project), "--output", "json"])
    return done.exit_code, json.loads(done.stdout.splitlines()[-1])


def test_every_tool_finds_its_own_and_only_what_is_new_fails(project: Path) -> None:
    code, report = call(project, "--sarif", str(project / "code.sarif"))
    assert [(run["tool"], run["ran"]) for run in report["tools"] if not run["ran"]] == []
    found = {(f["tool"], f["rule"], f["path"]) for f in report["findings"]}
    assert {
        ("goldenpath", "environment-read-elsewhere", "src/shop/stores.py"),
        ("goldenpath", "second-default", "src/shop/stores.py"),
        ("goldenpath", "moved", "src/shop/doors.py"),
        ("ruff", "F821", "src/shop/doors.py"),
        ("deptry", "DEP003", "src/shop/doors.py"),
        ("deptry", "DEP002", "pyproject.toml"),
        ("import-linter", "layers", "src/shop/stores.py"),
    } <= found
    assert [path for _, _, path in found if "tests" in path or "settings" in path] == []
    assert (code, report["verdict"], report["score"] <= 100) == (1, "fail", True)
    said = json.loads((project / "code.sarif").read_text())
    assert {run["tool"]["driver"]["name"] for run in said["runs"]} == {"goldenpath", "ruff", "deptry", "import-linter"}
    code, known = call(project, "--update-baseline")
    assert (code, known["verdict"], known["findings"]) == (0, "pass", [])
    assert known["known"] == len(report["findings"])
    (project / "src/shop/stores.py").write_text(f"# moved down\n{FILES['stores.py']}X = os.getenv('X')\n")
    code, again = call(project)
    assert (code, [f["text"] for f in again["findings"]]) == (1, ["X = os.getenv('X')"])


def test_a_tool_that_cannot_run_proves_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call(project, "--update-baseline")
    monkeypatch.setattr(sys, "executable", str(project / "python"))
    monkeypatch.setenv("PATH", str(project))
    code, report = call(project)
    assert (code, report["verdict"]) == (3, "not_proven")
    assert "ruff: ruff is not installed" in report["statement"]


def test_where_there_is_no_code_nothing_is_proven(project: Path) -> None:
    shutil.rmtree(project / "src/shop")
    (project / "goldenpath.toml").write_text(f'{MANIFEST}\n[code]\nsources = ["src"]\n')
    code, report = call(project)
    assert (code, report["verdict"], report["score"]) == (3, "not_proven", 0)

"""Mechanical changes of code: shown first, right where they apply, and taken back when they make anything worse."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sample import MANIFEST

from goldenpath.cli.main import root
from goldenpath.code.catalogue import rules
from goldenpath.code.codemods import rewritten
from goldenpath.code.fixing import Fixing
from goldenpath.code.model import Rule
from goldenpath.code.moved import moved_rules
from goldenpath.errors import StateError, UsageError
from goldenpath.manifest.code import CodeSpec

OLD = '''"""Old."""
import asyncio
from datetime import datetime


async def f(at):
    loop = asyncio.get_event_loop()
    return loop, datetime.utcnow(), datetime.utcfromtimestamp(at)


cache = Redis("größe", retry_on_timeout=True, port=1)
other = Redis(port=1, retry_on_timeout=True)
logger.warn("%s", 1)
'''
NEW = '''"""Old."""
import asyncio
from datetime import datetime
from datetime import UTC


async def f(at):
    loop = asyncio.get_running_loop()
    return loop, datetime.now(UTC), datetime.fromtimestamp(at, UTC)


cache = Redis("größe", port=1)
other = Redis(port=1)
logger.warning("%s", 1)
'''


def changed(text: str, chosen: tuple[Rule, ...] = ()) -> str:
    made = rewritten("a.py", text, chosen or rules(), is_reader=False)
    return made.after if made else text


def test_every_mechanical_change_is_made_at_its_place() -> None:
    assert changed(OLD) == NEW
    assert changed(NEW) == NEW


def test_what_moved_is_imported_from_its_new_place() -> None:
    moved = tuple(moved_rules({"shop.old": "shop.new", "shop.ws.Manager": "shop.sockets.Manager"}))
    text = "from shop.old import (\n    a,  # why\n    b,\n)\nfrom shop.ws import Manager\nimport shop.old\n"
    assert changed(text, moved) == (
        "from shop.new import (\n    a,  # why\n    b,\n)\nfrom shop.sockets import Manager\nimport shop.old\n"
    )


def test_a_change_that_would_be_no_program_is_refused() -> None:
    rule = Rule(id="r", severity="low", message="m", why="w", rule={"pattern": "old()"}, fix="new(")
    made = rewritten("a.py", "x = old()\n", (rule,), is_reader=False)
    assert made is not None
    assert "no program" in made.refused
    assert (made.after, made.diff) == (made.before, "")


def test_the_diff_is_what_patch_takes(tmp_path: Path) -> None:
    made = rewritten("a.py", OLD.rstrip("\n"), rules(), is_reader=False)
    assert made is not None
    (tmp_path / "a.py").write_text(OLD.rstrip("\n"))
    subprocess.run(["git", "apply", "-p1", "-"], cwd=tmp_path, input=made.diff, text=True, check=True)
    assert (tmp_path / "a.py").read_text() == NEW.rstrip("\n")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "goldenpath.toml").write_text(f'{MANIFEST}\n[code]\nsources = ["shop"]\nruff = ["F821"]\n')
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/clock.py").write_text("from datetime import datetime\n\nNOW = datetime.utcnow()\n")
    return tmp_path


def call(project: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(root, [*words, "--project", str(project), "--output", "json"])
    return done.exit_code, json.loads(done.stdout.splitlines()[-1])


def test_nothing_is_written_before_somebody_has_seen_it(project: Path) -> None:
    before = (project / "shop/clock.py").read_text()
    code, planned = call(project, "fix", "code")
    assert (code, planned["applied"], len(planned["files"])) == (1, False, 1)
    assert "+NOW = datetime.now(UTC)" in planned["files"][0]["diff"]
    assert (project / "shop/clock.py").read_text() == before
    code, applied = call(project, "fix", "code", "--apply")
    assert (code, applied["applied"]) == (0, True)
    assert "datetime.now(UTC)" in (project / "shop/clock.py").read_text()
    assert call(project, "check", "code")[1]["verdict"] == "pass"


def test_changes_that_bring_new_findings_are_taken_back(project: Path) -> None:
    before = (project / "shop/clock.py").read_text()
    fixing = Fixing(project, CodeSpec(sources=("shop",), ruff=("F821",)))
    worse = tuple(one.model_copy(update={"after": "NOW = nowhere()\n"}) for one in fixing.plan())
    assert "F821" in asyncio.run(fixing.apply(worse))
    assert (project / "shop/clock.py").read_text() == before


def test_a_file_that_changed_meanwhile_is_left_alone(project: Path) -> None:
    fixing = Fixing(project, CodeSpec(sources=("shop",), ruff=()))
    planned = fixing.plan()
    (project / "shop/clock.py").write_text("mine = 1\n")
    with pytest.raises(StateError, match="changed meanwhile"):
        asyncio.run(fixing.apply(planned))
    assert (project / "shop/clock.py").read_text() == "mine = 1\n"


def test_a_rule_without_a_mechanical_change_cannot_be_chosen(project: Path) -> None:
    with pytest.raises(UsageError, match="bypass-flag"):
        Fixing(project, CodeSpec(), ("bypass-flag",))

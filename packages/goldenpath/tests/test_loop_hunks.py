"""Changes of code in pieces: any of them together make code, all of them the new one, and git reads the diff."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenpath.loop.hunks import hunks, unified, with_hunks

LINES = st.lists(st.sampled_from(["a", "b", "c", "", "\tx", "\r", "é", "\x0c", "\n"]), max_size=12)
TEXTS = LINES.map("\n".join)
CODE = st.dictionaries(st.sampled_from(["a.py", "b/c.py", "b/d.sql"]), TEXTS, max_size=3)


@given(CODE, CODE)
def test_all_pieces_make_the_new_code_and_none_the_old(before: dict[str, str], after: dict[str, str]) -> None:
    pieces = hunks(before, after)
    assert with_hunks(before, pieces) == after
    assert with_hunks(before, ()) == before
    assert bool(pieces) == (before != after)


@given(CODE, CODE, st.data())
def test_the_pieces_left_out_are_those_that_still_lead_there(
    before: dict[str, str], after: dict[str, str], data: st.DataObject
) -> None:
    pieces = hunks(before, after)
    chosen = [piece for piece in pieces if data.draw(st.booleans())]
    half = with_hunks(before, chosen)
    names = {piece.file for piece in pieces if piece not in chosen}
    assert {name for name in {*half, *after} if half.get(name) != after.get(name)} <= names


def applied(folder: Path, before: dict[str, str], diff: str) -> dict[str, str]:
    """What git makes of these files with a diff."""
    for name, text in before.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    done = subprocess.run(["git", "apply", "-"], cwd=folder, input=diff.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes().decode() for path in found}


@settings(max_examples=20, deadline=None)
@given(before=CODE, after=CODE)
def test_git_makes_the_new_code_of_the_old_and_the_diff(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, str], after: dict[str, str]
) -> None:
    # Which files exist and are empty is more than a unified diff can say.
    before, after = ({n: t for n, t in code.items() if t} for code in (before, after))
    diff = unified(before, after)
    assert bool(diff) == (before != after)
    if diff:
        assert applied(tmp_path_factory.mktemp("code"), before, diff) == after

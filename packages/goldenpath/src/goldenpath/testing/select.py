"""From what changed, or what was not proven last time, to the selection of tests to run."""

import asyncio
import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from goldenpath.errors import UsageError
from goldenpath.facts import SuiteResult
from goldenpath.testing.tally import UNLOADED
from goldenpath.testing.target import Selection

MANIFEST = "goldenpath.toml"
GIT_S = 30.0


def changed_selection(files: Sequence[str], *, suite: str, sources: Sequence[str]) -> Selection:
    """The whole suite when a source, the manifest or the suite's support changed; else the changed tests; pure."""
    globs = [_pattern(glob) for glob in sources]
    inside = [name for name in files if PurePosixPath(name).is_relative_to(suite)]
    tests = [name for name in inside if PurePosixPath(name).name.startswith("test_")]
    everything = len(tests) < len(inside) or any(name == MANIFEST or _matches(name, globs) for name in files)
    return Selection() if everything else Selection(files=tuple(sorted(tests)))


def _matches(name: str, globs: Sequence[re.Pattern[str]]) -> bool:
    return any(glob.fullmatch(name) for glob in globs)


def _pattern(glob: str) -> re.Pattern[str]:
    """A glob in which `**/` is any number of folders and `*` stays within one."""
    parts = re.split(r"(\*\*/|\*|\?)", glob)
    meaning = {"**/": "(?:[^/]+/)*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meaning.get(part, re.escape(part)) for part in parts))


async def changed_files(project: Path, base: str) -> list[str]:
    """Files of the project that differ from the commit `base`, new ones included, relative to the project."""
    differ = await _git(project, "diff", "--name-only", "--relative", "-z", "--end-of-options", base)
    new = await _git(project, "ls-files", "--others", "--exclude-standard", "-z")
    return sorted({name for name in (differ + new).split("\0") if name})


async def _git(project: Path, *words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "git",
        *words,
        cwd=project,
        env={**os.environ, "LC_ALL": "C"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(GIT_S):
        stdout, stderr = await process.communicate()
    if process.returncode:
        said = stderr.decode(errors="replace").strip().splitlines()[:1]
        raise UsageError(f"git cannot say what changed: {' '.join(said)}", where=str(project), hint="name a commit")
    return stdout.decode(errors="replace")


def last_failed_selection(last: SuiteResult | None) -> Selection:
    """What was not proven last time; the whole suite when nothing was open or a file could not be loaded; pure."""
    open_tests = [test for test in last.results if not test.proven] if last else []
    if not open_tests or any(test.category == UNLOADED for test in open_tests):
        return Selection()
    return Selection(ids=tuple(test.id for test in open_tests))

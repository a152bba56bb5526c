"""ruff, deptry and import-linter, run on the project: what each says, or why it could say nothing."""

import asyncio
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, cast

from goldenpath.code.model import CodeFinding, Severity, ToolRun
from goldenpath.code.sources import is_test
from goldenpath.manifest.code import CodeSpec

LIMIT_S = 120.0
Found = tuple[ToolRun, tuple[CodeFinding, ...]]
_BROKEN = re.compile(r"^-\s+(?P<from>[\w.]+) -> (?P<to>[\w.]+) \(l\.(?P<line>\d+)")
_SEVERE = ("F82", "F7", "E9", "PLE", "F63")
"""Beginnings of ruff's rules that find what cannot run."""
_FORETOLD = {"F821": "crash_in_code", "E9": "code_broken", "F7": "code_broken", "PLE": "crash_in_code"}
_DEPTRY: dict[str, tuple[Severity, tuple[str, ...]]] = {
    "DEP001": ("high", ("module_missing",)),
    "DEP002": ("low", ()),
    "DEP003": ("medium", ("module_missing",)),
    "DEP004": ("high", ("module_missing",)),
    "DEP005": ("low", ()),
}
"""Missing, unused, transitive, of the development group only, of the standard library."""


async def run_tools(project: Path, spec: CodeSpec, paths: tuple[str, ...]) -> tuple[Found, ...]:
    """Every tool that the manifest asks for, side by side."""
    runs: list[Awaitable[Found]] = []
    if spec.ruff and paths:
        runs.append(_ruff(project, spec, paths))
    runs += [_deptry(project, spec, package) for package in spec.packages]
    if spec.layers:
        runs.append(_layers(project, spec))
    return tuple(await asyncio.gather(*runs))


async def _ruff(project: Path, spec: CodeSpec, paths: tuple[str, ...]) -> Found:
    words = ("check", "--quiet", "--no-cache", "--exit-zero", "--output-format=json", f"--select={','.join(spec.ruff)}")
    code, out, err = await _run("ruff", (*words, *paths), project)
    if code:
        return _silent("ruff", err)
    listed = cast("list[dict[str, Any]]", json.loads(out))
    found = tuple(_of_ruff(project, one) for one in listed)
    return ToolRun(tool="ruff", ran=True, statement=f"{len(found)} findings"), found


def _of_ruff(project: Path, one: dict[str, Any]) -> CodeFinding:
    rule, place = str(one.get("code") or "syntax-error"), one["location"]
    path = Path(str(one["filename"]))
    severe = rule == "invalid-syntax" or rule.startswith(_SEVERE) or rule == "syntax-error"
    fix = cast("dict[str, Any]", one.get("fix") or {})
    return CodeFinding(
        tool="ruff",
        rule=rule,
        severity="high" if severe else "low",
        path=path.relative_to(project).as_posix() if path.is_relative_to(project) else str(path),
        line=int(place["row"]),
        column=int(place["column"]),
        message=str(one["message"]),
        text=_line(path, int(place["row"])),
        foretells=tuple(cause for start, cause in _FORETOLD.items() if rule.startswith(start)),
        fixable=fix.get("applicability") == "safe",
    )


async def _deptry(project: Path, spec: CodeSpec, package: str) -> Found:
    own = [word for name in first_party(project / package) for word in ("--known-first-party", name)]
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "deptry.json"
        _, _, err = await _run("deptry", (".", "--no-ansi", "--json-output", str(report), *own), project / package)
        if not report.exists():
            return _silent("deptry", err)
        listed = cast("list[dict[str, Any]]", json.loads(report.read_text(encoding="utf-8")))
    places: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in listed:
        if is_test(spec, (Path(package) / str(one["location"]["file"])).as_posix()):
            continue
        places.setdefault((str(one["error"]["code"]), str(one["module"])), []).append(one)
    found = tuple(_of_deptry(package, rule, at) for (rule, _), at in places.items())
    return ToolRun(tool="deptry", ran=True, statement=f"{package}: {len(found)} findings"), found


def first_party(package: Path) -> tuple[str, ...]:
    """The modules that a package itself brings, below `src` or beside its pyproject.toml."""
    places = [path for folder in (package / "src", package) if folder.is_dir() for path in folder.iterdir()]
    return tuple(sorted({path.name for path in places if (path / "__init__.py").is_file()}))


def _of_deptry(package: str, rule: str, places: list[dict[str, Any]]) -> CodeFinding:
    """One finding for each module, at its first place: the same line in fifty files is one thing to mend."""
    first = places[0]
    severity, foretells = _DEPTRY.get(rule, ("low", ()))
    more = f" ({len(places)} places)" if len(places) > 1 else ""
    return CodeFinding(
        tool="deptry",
        rule=rule,
        severity=severity,
        path=(Path(package) / str(first["location"]["file"])).as_posix(),
        line=int(first["location"].get("line") or 1),
        column=int(first["location"].get("column") or 0) + 1,
        message=f"{first['error']['message']}{more}",
        text=str(first["module"]),
        foretells=foretells,
    )


async def _layers(project: Path, spec: CodeSpec) -> Found:
    code, out, err = await _run("lint-imports", ("--no-logo", "--no-cache"), project)
    found = tuple(f.model_copy(update={"path": _file_of(project, spec, f.path)}) for f in _broken(out))
    if code and not found:
        return _silent("import-linter", err or out)
    return ToolRun(tool="import-linter", ran=True, statement=f"{len(found)} findings"), found


def _broken(out: str) -> list[CodeFinding]:
    """Each import of the report that a contract forbids; the contract's name is the heading above it."""
    contract, found, before = "", list[CodeFinding](), ""
    for line in out.splitlines():
        if set(line.strip()) == {"-"}:
            contract = before.strip()
        broken = _BROKEN.match(line.strip())
        if broken and contract:
            message = f"{contract}: {broken['from']} imports {broken['to']}"
            path = broken["from"].replace(".", "/")
            found.append(
                CodeFinding(
                    tool="import-linter",
                    rule="layers",
                    severity="medium",
                    path=path,
                    line=int(broken["line"]),
                    message=message,
                )
            )
        before = line
    return found


def _file_of(project: Path, spec: CodeSpec, module: str) -> str:
    """The file of a module of the product; its name as a path when it is none of them."""
    for source in spec.sources:
        for ending in (".py", "/__init__.py"):
            path = project / source / f"{module}{ending}"
            if path.is_file():
                return path.relative_to(project).as_posix()
    return f"{module}.py"


async def _run(program: str, words: tuple[str, ...], folder: Path) -> tuple[int, str, str]:
    """Exit code and output of a tool of this interpreter, or else of the PATH."""
    own = Path(sys.executable).parent / program
    found = str(own) if own.exists() else shutil.which(program)
    if found is None:
        return 127, "", f"{program} is not installed: install goldenpath[code]"
    process = await asyncio.create_subprocess_exec(
        found, *words, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), LIMIT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        return 124, "", f"not done within {LIMIT_S:g} s"
    return process.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace")


def _silent(tool: str, err: str) -> Found:
    last = [line for line in err.strip().splitlines() if line.strip()][-1:] or ["it said nothing"]
    return ToolRun(tool=tool, ran=False, statement=last[0][-300:]), ()


def _line(path: Path, number: int) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""

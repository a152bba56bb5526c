"""Writes the pages of `docs/reference` that are made from code; `--check` says whether they are what the code says."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from netra.settings.variables import VARIABLES

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parent / "packages"
NETRA = SOURCES / "netra/src/netra"
GOLDENPATH = SOURCES / "goldenpath/src/goldenpath"


class Field(NamedTuple):
    """One annotated name of a class, with the string below it."""

    name: str
    kind: str
    default: str
    meaning: str


class Described(NamedTuple):
    """One class as its source says it."""

    name: str
    bases: tuple[str, ...]
    meaning: str
    fields: tuple[Field, ...]


def classes(path: Path) -> Iterator[Described]:
    """Every class of a module, in the order of the source."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            bases = tuple(ast.unparse(base) for base in node.bases)
            yield Described(node.name, bases, _text(ast.get_docstring(node)), tuple(_fields(node)))


def _fields(node: ast.ClassDef) -> Iterator[Field]:
    for item, after in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            default = ast.unparse(item.value) if item.value else ""
            yield Field(item.target.id, ast.unparse(item.annotation), default, _below(after))


def _below(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return _text(node.value.value)
    return ""


def _text(text: str | None) -> str:
    return " ".join((text or "").split())


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _table(described: Described) -> list[str]:
    rows = [_row(_code(f.name), _code(f.kind), _code(f.default), f.meaning) for f in described.fields]
    return ["| key | type | default | meaning |", "|---|---|---|---|", *rows] if rows else []


def variables() -> str:
    """The page of netra's variables."""
    lines = [
        "# Variables of netra",
        "",
        "The environment contract. `netra config check` lists every violation at once, `netra config show` the effective",
        "values (of secrets only the length), `netra config schema --environment staging` the same rules as JSON Schema.",
        "In `local` the datastores may be left out: `netra up` starts embedded servers and sets their variables.",
        "In `staging` and `production` no host or address may mean this machine. A secret has at least 32 characters.",
        "",
        "| variable | required in | default | secret | meaning |",
        "|---|---|---|---|---|",
    ]
    for v in VARIABLES:
        required = ", ".join(v.required_in) or ("together with its group" if v.group else "")
        choices = f" One of {', '.join(v.choices)}." if v.choices and v.name != "ENVIRONMENT" else ""
        secret = "yes" if v.secret else ""
        lines.append(_row(_code(v.name), required, _code(v.default or ""), secret, v.meaning + choices))
    return "\n".join([*lines, ""])


def events() -> str:
    """The page of a run's events."""
    found = list(classes(NETRA / "events/union.py"))
    data = {d.name.removesuffix("Data"): d for d in found if d.name.endswith("Data")}
    lines = [
        "# Events of a run",
        "",
        "Every event is one JSON object: `type`, `seq` (gapless from 1 within the run), `run_id`, `thread_id`, `agent`",
        "(`run` for facts about the run itself), `at` and `data`. It is a row before anyone sees it.",
        "",
        "## Laws",
        "",
        *_text_lines(NETRA / "events/laws.py"),
    ]
    for name, described in data.items():
        kind = "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")
        lines += ["", f"## {_code(kind)}", "", described.meaning, "", *_table(described)]
    return "\n".join([*lines, ""])


def _text_lines(path: Path) -> list[str]:
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return [line for line in doc.splitlines() if line[:1].isdigit() or line.startswith("   ")]


def errors() -> str:
    """The page of both products' errors."""
    lines = ["# Errors", "", "One line on a terminal, one JSON object at a door: `code`, `message`, `where`, `hint`."]
    for title, path in (("netra", NETRA / "errors.py"), ("goldenpath", GOLDENPATH / "errors.py")):
        lines += ["", f"## {title}", "", "| code | HTTP status | exit code | meaning |", "|---|---|---|---|"]
        found = {d.name: d for d in classes(path) if d.name.endswith("Error")}
        lines += [_error_row(d, path) for d in found.values()]
    lines += [
        "",
        "An `LLMError` answers with its reason as the code: `llm_auth`, `llm_quota`, `llm_rate_limited`, `llm_overloaded`,",
        "`llm_timeout`, `llm_unreachable`, `llm_not_found`, `llm_content_filter` or `llm_malformed`; the same words are the",
        "`reason` of `agent_failed`. Exit codes of goldenpath: 0 pass, 1 fail, 2 wrong call, 3 not proven.",
        "",
    ]
    return "\n".join(lines)


def _error_row(described: Described, path: Path) -> str:
    body = next(
        n
        for n in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(n, ast.ClassDef) and n.name == described.name
    ).body
    given = {f.name: f.default for f in described.fields}
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            given[node.targets[0].id] = ast.unparse(node.value)
    status = given.get("status", "500" if "netra" in path.parts else "")
    return _row(_code(given.get("code", "").strip("'")), status, given.get("exit_code", "1"), described.meaning)


MANIFEST_ORDER = (
    ("SystemInfo", "[system]"),
    ("Contract", "[contract]"),
    ("Component", "[components.NAME]"),
    ("Address", "[components.NAME.address]"),
    ("Edge", "[[edges]]"),
    ("Doors", "[doors]"),
    ("Journey", "[journeys.NAME]"),
    ("Login", "[journeys.NAME.login]"),
    ("Conversation", "[journeys.NAME.conversation]"),
    ("ProofSources", "[proof]"),
    ("RowsProof", "[proof.rows]"),
    ("LogProof", "[proof.log]"),
    ("Invariant", "[[invariants]]"),
    ("Suite", "[suites.NAME]"),
    ("EnvironmentSpec", "[environments.NAME]"),
    ("Limits", "[limits]"),
    ("Permissions", "[remediation]"),
)


def manifest() -> str:
    """The page of the manifest's keys."""
    found = {d.name: d for d in classes(GOLDENPATH / "manifest/model.py")}
    lines = [
        "# Keys of goldenpath.toml",
        "",
        "An unknown key, a wrong type or a name that no component has is an error with its line; all are listed at once.",
        "`[[edges]]` are written with `from` and `to`. A key without a default is required.",
    ]
    for name, heading in MANIFEST_ORDER:
        meaning = found[name].meaning.replace(f"`{heading}`", "").lstrip(":. ")
        lines += ["", f"## {_code(heading)}", "", *([meaning[:1].upper() + meaning[1:], ""] if meaning else [])]
        lines += _table(found[name])
    return "\n".join([*lines, ""])


def journal() -> str:
    """The page of the loop's events."""
    lines = [
        "# Events of the loop",
        "",
        "The journal of a loop is one JSON object a line under `.goldenpath/ENV/loops/LOOP/journal.jsonl`: `type`, `seq`",
        "(gapless from 1), `at`, `cycle` and the keys below. Terminal, worklog and results are folds of it.",
    ]
    for described in classes(GOLDENPATH / "events.py"):
        kind = next((f.default.strip("'") for f in described.fields if f.name == "type"), "")
        if kind:
            rest = described._replace(fields=tuple(f for f in described.fields if f.name != "type"))
            lines += ["", f"## {_code(kind)}", "", described.meaning, "", *_table(rest)]
    return "\n".join([*lines, ""])


PAGES = {
    "variables.md": variables,
    "events.md": events,
    "errors.md": errors,
    "manifest.md": manifest,
    "journal.md": journal,
}


def main() -> int:
    """Write the pages, or with `--check` name those that differ from the code."""
    stale: list[str] = []
    for name, page in PAGES.items():
        path, text = HERE / "reference" / name, page()
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    print("\n".join(f"{name} is not what the code says: run docs/generate.py" for name in stale) or "up to date")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())

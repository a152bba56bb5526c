"""`code-rules.md`: every rule of `goldenpath check code`, as its file says it."""

from goldenpath.code.catalogue import rules
from goldenpath.code.model import Rule

from .markdown import code, page, table

INTRODUCTION = """\
# Rules over code

What `goldenpath check code` looks for by itself; [`[code]`](manifest.md#code) says where, and which rules of ruff,
contracts of import-linter and packages of deptry count besides. A rule names the [causes](causes.md) that it leads to
when the system runs. Where a change is mechanical, `goldenpath fix code` shows it as a diff."""
HEAD = ("rule", "severity", "what", "why", "foretells", "change")


def made() -> str:
    """The page."""
    listed = {rule.id: rule for rule in reversed(rules())}
    return page([INTRODUCTION], table(HEAD, [_row(listed[rule.id]) for rule in rules() if _is_first(rule)]))


def _is_first(rule: Rule) -> bool:
    return next(one for one in rules() if one.id == rule.id) is rule


def _row(rule: Rule) -> tuple[str, ...]:
    where = "outside `readers`: " if rule.outside else ""
    foretells = ", ".join(code(cause) for cause in rule.foretells)
    change = "no" if rule.fix is None else code(rule.fix) if rule.fix else "taken away"
    return code(rule.id), rule.severity, f"{where}{rule.message}", rule.why, foretells, change

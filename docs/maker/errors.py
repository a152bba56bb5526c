"""`errors.md`: what can go wrong by name, in both products."""

import ast
from collections.abc import Iterator
from typing import TypeVar, get_args

from goldenpath.errors import GoldenPathError
from goldenpath.facts import EXIT_OF
from netra.errors import LLMReason, NetraError

from .markdown import code, page, table
from .source import NETRA, joined

INTRODUCTION = """\
# Errors

On a terminal an expected failure is one line on stderr: `code: where: message - hint`. At a door it is one JSON object
`{"error": {"code", "message", "where", "hint", "request_id"}}`, with `retry_after` in seconds where waiting helps; on
the socket it is a frame of type `error` with the same keys. With `--output json` goldenpath prints it on stdout as
well."""

Root = TypeVar("Root", bound=Exception)
UNEXPECTED = "Something that nobody foresaw; the log has the traceback under the request's id."
ENDS = {
    "deadline": "the run did not end before its deadline",
    "attempts_exhausted": "several workers were lost while they executed this run",
    "agent_timeout": "an agent took longer than it may",
    "budget_exceeded": "the day's tokens or money of the plan are used up; the event has limit, use and reset",
    "unbacked_number": "the answer held a number that no tool call produced, so it was not given",
    "internal": "something nobody foresaw; the worker's log has it",
}
"""Reasons that a run gives by itself."""
RUNS = "A run ends with `agent_failed` for one of these reasons, one of a model, or with a code above as the reason:"


def made() -> str:
    """The page."""
    reasons = ", ".join(code(reason) for reason in get_args(LLMReason))
    exits = ", ".join(f"{number} {verdict.replace('_', ' ')}" for verdict, number in EXIT_OF.items())
    own = [(code(e.code), str(e.status), str(e.exit_code), _meaning(e)) for e in _family(NetraError)]
    loop = [(code(e.code), str(e.exit_code), _meaning(e)) for e in _family(GoldenPathError) if e is not GoldenPathError]
    return page(
        [INTRODUCTION],
        ["## netra"],
        table(("code", "HTTP status", "exit code", "meaning"), own),
        [f"A failed call to a model answers with its reason instead of `llm_failed`: {reasons}."],
        ["## Reasons of a failed run", "", RUNS],
        table(("reason", "meaning"), [(code(reason), ENDS[reason]) for reason in sorted(set(_ends()))]),
        ["## goldenpath"],
        table(("code", "exit code", "meaning"), loop),
        [f"A command that ends with a verdict exits with {exits}. 2 is a wrong call, 130 an interruption."],
    )


def _family(root: type[Root]) -> Iterator[type[Root]]:
    """The root and everything below it that its own module defines."""
    yield root
    for child in root.__subclasses__():
        if child.__module__ == root.__module__:
            yield from _family(child)


def _ends() -> Iterator[str]:
    """The reasons that netra's code of runs, agents and models states."""
    for file in (file for layer in ("runs", "agents", "llm") for file in (NETRA / layer).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.keyword(arg="reason", value=ast.Constant(value=str(reason))) if reason:
                    yield reason
                case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(reason))):
                    yield reason
                case _:
                    pass


def _meaning(error: type[Exception]) -> str:
    return UNEXPECTED if error is NetraError else joined(error.__doc__)

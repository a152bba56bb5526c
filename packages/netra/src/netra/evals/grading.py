"""Whether a run answered its question: numbers, order of agents, words, and where each figure came from. Pure."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from netra.analytics.events import UsageEvent
from netra.evals.cases import Case, Kind, asked
from netra.evals.truth import true_value
from netra.events.union import AgentCompletedData, AgentFailedData, AgentStartedData, Event, ToolCompletedData

FIGURE = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
SPOKEN = re.compile(
    r"`[^`]*`|“[^”]*”|\d{4}-\d{2}(?:-\d{2})?(?:[ T]\d{2}:\d{2}(?::\d{2})?(?: UTC)?)?|\bp\d\d\b|of \d{4}\.$",
    re.MULTILINE,
)
"""Names, quotes, dates and names of percentiles: digits in them are no figures of the answer."""
USUAL = ("triage", "data", "reporting")


class Grade(BaseModel):
    """How one question went."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Kind
    question: str
    passed: bool
    numbers: int
    """Checked against the truth."""
    numbers_right: int
    problems: tuple[str, ...]
    seconds: float
    answer: str


def grade(case: Case, events: Sequence[Event], rows: Sequence[UsageEvent], today: datetime, *, seconds: float) -> Grade:
    """Judge the events of the run that answered."""
    last = events[-1].data
    said = last.answer if isinstance(last, AgentCompletedData) else ""
    result: Mapping[str, Any] = last.result if isinstance(last, AgentCompletedData) else {}
    wrong = _numbers(case, result, rows, today)
    problems = [*wrong, *_ending(last), *_order(case, events), *_tools(case, events)]
    problems += [*_words(case, said), *_backed(said, result, events), *_sufficiency(case, events)]
    return Grade(
        id=case.id,
        kind=case.kind,
        question=asked(case.ask, today),
        passed=not problems,
        numbers=len(case.numbers),
        numbers_right=len(case.numbers) - len(wrong),
        problems=tuple(problems),
        seconds=round(seconds, 3),
        answer=said,
    )


def _numbers(case: Case, result: Mapping[str, Any], rows: Sequence[UsageEvent], today: datetime) -> list[str]:
    told: list[dict[str, Any]] = result.get("numbers", [])
    problems: list[str] = []
    for key, truth in case.numbers.items():
        tool, _, name = key.rpartition(":")
        given = next((n for n in told if n["name"] == name and tool in ("", n["tool"])), None)
        expected = true_value(truth, rows, today)
        if given is None:
            problems.append(f"no number {key}; it should be {expected:.12g}")
        elif not math.isclose(given["value"], expected, rel_tol=truth.tolerance, abs_tol=1e-9):
            problems.append(f"{key} is {given['value']:.12g}; it should be {expected:.12g}")
    return problems


def _ending(last: object) -> list[str]:
    match last:
        case AgentCompletedData():
            return []
        case AgentFailedData():
            return [f"the run failed: {last.reason}: {last.message}"]
        case _:
            return ["the run was cancelled"]


def _order(case: Case, events: Sequence[Event]) -> list[str]:
    course = tuple(event.agent for event in events if isinstance(event.data, AgentStartedData))
    expected = case.course or USUAL
    problems = [] if course == expected else [f"the agents were {', '.join(course)}, not {', '.join(expected)}"]
    if course[:1] != ("triage",) or course[-1:] != ("reporting",):
        problems.append("triage must be first and reporting last")
    if "optimization" in course and "data" not in course[: course.index("optimization")]:
        problems.append("optimization without data before it")
    return problems


def _tools(case: Case, events: Sequence[Event]) -> list[str]:
    done = {e.data.tool for e in events if isinstance(e.data, ToolCompletedData) and e.data.status == "ok"}
    return [f"{tool} gave no result" for tool in case.tools if tool not in done]


def _words(case: Case, said: str) -> list[str]:
    own = SPOKEN.sub(" ", said)
    missing = [f"the answer does not say {words!r}" for words in case.says if not re.search(words, said, re.IGNORECASE)]
    return missing + [f"the answer says {words!r}" for words in case.never if re.search(words, own, re.IGNORECASE)]


def _backed(said: str, result: Mapping[str, Any], events: Sequence[Event]) -> list[str]:
    """Every figure is one of the numbers, in order; every number is of a call that succeeded."""
    told: list[dict[str, Any]] = result.get("numbers", [])
    calls = {e.data.call_id: e.data for e in events if isinstance(e.data, ToolCompletedData)}
    known = [figure for number in told for figure in FIGURE.findall(number["text"])]
    figures = FIGURE.findall(SPOKEN.sub(" ", said))
    problems = [] if figures == known else [_stray(figures, known)]
    for number in told:
        call = calls.get(number["call_id"])
        if call is None or call.tool != number["tool"]:
            problems.append(f"{number['text']} names a call that was not made")
        elif not call.queries and call.status == "ok" and call.tool != "set_budget":
            problems.append(f"{number['text']} came from no query")
    return list(dict.fromkeys(problems))


def _stray(figures: Sequence[str], known: Sequence[str]) -> str:
    for place, figure in enumerate(figures):
        if place >= len(known) or known[place] != figure:
            return f"the {place + 1}. figure of the answer, {figure}, is no number of a tool"
    return f"{len(known) - len(figures)} numbers do not stand in the answer"


def _sufficiency(case: Case, events: Sequence[Event]) -> list[str]:
    if case.sufficiency is None:
        return []
    done = [e.data.result for e in events if e.agent == "triage" and isinstance(e.data, AgentCompletedData)]
    pct = done[0].get("sufficiency_pct") if done else None
    low, high = case.sufficiency
    fits = isinstance(pct, int | float) and low <= pct <= high
    return [] if fits else [f"triage judged the data at {pct} %, not between {low:g} and {high:g}"]

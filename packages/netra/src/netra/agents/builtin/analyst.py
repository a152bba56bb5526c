"""The builtin analyst: understand a question, plan its calls, write its report.

Pure: equal questions, moments and findings give equal outcomes, so a run that another worker takes over replays it.
"""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, JsonValue

from netra.agents.builtin import intent as words
from netra.agents.builtin.numbers import Number
from netra.agents.builtin.plan import calls
from netra.agents.builtin.report import PROFILE, Report, compose, whole_profile
from netra.agents.findings import Finding

__all__ = [
    "Number",
    "PlannedCall",
    "Report",
    "ToolOutcome",
    "Understanding",
    "next_calls",
    "understand",
    "write_report",
]

ToolOutcome = Finding
"""What the plan and the report read of a finished call."""

WHY: dict[str, str] = {
    "data_profile": "I check how much of what is asked about the data holds.",
    "cost_breakdown": "I add up what it cost.",
    "latency_percentiles": "I look at how long requests took and which failed.",
    "token_statistics": "I count requests and tokens.",
    "usage_over_time": "I look at how usage moved over time.",
    "change_drivers": "I compare two periods and look for what drove the change.",
    "anomalies": "I look for steps of time that stand out.",
}
"""What is said before each call."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Understanding(_Frozen):
    """What a question is about, for the person who watches."""

    in_field: bool
    """Whether usage data can answer it."""
    text: str


class PlannedCall(_Frozen):
    """A tool to call next."""

    tool: str
    arguments: dict[str, JsonValue]
    why: str


def understand(question: str, now: datetime | None = None) -> Understanding:
    """Say how the question is read."""
    intent = words.understand(question, now or datetime.fromisoformat("1970-01-01T00:00:00+00:00"))
    begin = f"Of the first {words.READ:,} characters, which are all I read: " if intent.cut else ""
    if not intent.needs_data:
        return Understanding(in_field=False, text=f"{begin}This is not a question that usage data can answer.")
    group = f" by {intent.group}" if intent.group else ""
    when = f" for “{'” and “'.join(w.label for w in intent.when)}”" if intent.when else ""
    text = f"{begin}I read this as a question about {_and(intent.topics)}{group}{when}."
    return Understanding(in_field=True, text=text)


def next_calls(question: str, now: datetime, outcomes: Sequence[ToolOutcome]) -> tuple[PlannedCall, ...]:
    """First the profile of all data, then what its result suggests; nothing when the report can be written."""
    intent = words.understand(question, now)
    if not intent.needs_data:
        return ()
    whole = whole_profile(outcomes)
    if whole is None:
        return (PlannedCall(tool=PROFILE, arguments={}, why="I look at what data there is."),)
    if whole.status != "ok":
        return ()
    made = [(o.tool, o.arguments) for o in outcomes]
    planned = (c for c in calls(intent, whole.result) if (c.tool, c.arguments) not in made)
    return tuple(PlannedCall(tool=c.tool, arguments=c.arguments, why=WHY[c.tool]) for c in planned)


def write_report(question: str, now: datetime, outcomes: Sequence[ToolOutcome]) -> Report:
    """Answer the question out of what was found."""
    return compose(words.understand(question, now), outcomes)


def _and(topics: Sequence[str]) -> str:
    *rest, last = topics
    return f"{', '.join(rest)} and {last}" if rest else last

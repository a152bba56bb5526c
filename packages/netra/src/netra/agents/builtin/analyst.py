"""The builtin analyst: understand a question, plan its calls, write its report.

Pure: equal questions, moments and findings give equal outcomes, so a run that another worker takes over replays it.
"""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, JsonValue

from netra.agents.builtin.actions import ordered
from netra.agents.builtin.ask import Ask, resolve
from netra.agents.builtin.followups import understand as read
from netra.agents.builtin.intent import READ, Intent
from netra.agents.builtin.missing import NO_DATA, Need, needs
from netra.agents.builtin.numbers import Number
from netra.agents.builtin.optimization import COMPARING, ranked, to_try
from netra.agents.builtin.optimization import WHY as ESTIMATING
from netra.agents.builtin.plan import Call, calls, meant
from netra.agents.builtin.report import PROFILE, Report, compose, scoped_profile, whole_profile
from netra.agents.builtin.sufficiency import judge
from netra.agents.builtin.words import TOPIC_WORDS
from netra.agents.findings import Finding
from netra.agents.flow import Wants
from netra.agents.steps import Failed
from netra.analytics.queries.profile import DataProfile

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
    "compare_models": COMPARING,
    "what_if": "I estimate what this change would save.",
    "forecast_cost": "I continue the cost of the days that are known.",
    "budget_burn": "I look at what of the budget is spent, and whether the rest will last.",
    "correlate": "I look for quantities that move together.",
    "sql_query": "I ask the data what the statement says.",
}
"""What is said before each call."""
UNSET = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Understanding(_Frozen):
    """What a question is about, for the person who watches."""

    in_field: bool
    """Whether usage data can answer it, or the analyst can do it."""
    text: str
    wants: Wants = "figures"


class PlannedCall(_Frozen):
    """A tool to call next."""

    tool: str
    arguments: dict[str, JsonValue]
    why: str


def understand(question: str, now: datetime | None = None, history: Sequence[str] = ()) -> Understanding:
    """Say how the question is read, after the questions of the history (oldest first)."""
    intent = read(question, now or UNSET, history)
    begin = f"Of the first {READ:,} characters, which are all I read: " if intent.cut else ""
    if intent.budget_usd is not None:
        return Understanding(in_field=True, text=f"{begin}I read this as an order to set the budget.", wants="change")
    if not intent.needs_data:
        text = f"{begin}This is not a question that usage data can answer."
        return Understanding(in_field=False, text=text, wants="nothing")
    group = f" by {intent.group}" if intent.group else ""
    when = f" for “{'” and “'.join(w.label for w in intent.when)}”" if intent.when else ""
    going_on = ", going on from the one before" if intent.earlier else ""
    kind = "what to do" if intent.wants_advice else "a question"
    topics = _and([TOPIC_WORDS.get(topic, topic) for topic in intent.topics])
    text = f"{begin}I read this as {kind} about {topics}{group}{when}{going_on}."
    return Understanding(in_field=True, text=text, wants="advice" if intent.wants_advice else "figures")


def profile_calls(
    question: str, now: datetime, outcomes: Sequence[ToolOutcome], history: Sequence[str] = ()
) -> tuple[PlannedCall, ...]:
    """The next look at what data there is: at all of it, then at what the question is about."""
    return tuple(c for c in next_calls(question, now, outcomes, history) if c.tool == PROFILE)


def next_calls(
    question: str, now: datetime, outcomes: Sequence[ToolOutcome], history: Sequence[str] = ()
) -> tuple[PlannedCall, ...]:
    """First the profile of all data, then what its result suggests; nothing when the report can be written."""
    intent = read(question, now, history)
    if not intent.needs_data:
        return ()
    whole = whole_profile(outcomes)
    if whole is None:
        return (PlannedCall(tool=PROFILE, arguments={}, why="I look at what data there is."),)
    if whole.status != "ok":
        return ()
    return _planned(calls(intent, whole.result, outcomes), outcomes)


def estimates(outcomes: Sequence[ToolOutcome]) -> tuple[PlannedCall, ...]:
    """What to work out for advice; nothing when all of it is there."""
    return _planned(to_try(outcomes), outcomes)


def sufficiency_pct(
    question: str, now: datetime, outcomes: Sequence[ToolOutcome], history: Sequence[str] = ()
) -> float | None:
    """How much of what is asked about the data holds, in percent; None when nobody could look."""
    found = _settled(question, now, outcomes, history)
    if found is None:
        whole = whole_profile(outcomes)
        empty = whole is not None and whole.status == "ok" and not DataProfile.model_validate(whole.result).requests
        return 0.0 if empty else None
    ask, data = found
    return round(judge(data, ask.topics, metric=ask.metric).pct, 1)


def needed(
    question: str, now: datetime, outcomes: Sequence[ToolOutcome], history: Sequence[str] = ()
) -> tuple[Need, ...]:
    """What data the person can supply."""
    found = _settled(question, now, outcomes, history)
    return (NO_DATA,) if found is None else needs(*found)


def strategies(outcomes: Sequence[ToolOutcome]) -> list[JsonValue]:
    """What can be done, the largest saving first."""
    return [strategy.model_dump(mode="json") for strategy, _ in ranked(outcomes)]


def change(question: str, now: datetime, history: Sequence[str] = ()) -> tuple[Call, str] | None:
    """The call with an effect that the question orders, and why."""
    return ordered(read(question, now, history))


def write_report(
    question: str,
    now: datetime,
    outcomes: Sequence[ToolOutcome],
    history: Sequence[str] = (),
    failed: Sequence[Failed] = (),
) -> Report:
    """Answer the question out of what was found. Raises UnbackedNumberError."""
    return compose(read(question, now, history), outcomes, failed)


def _settled(
    question: str, now: datetime, outcomes: Sequence[ToolOutcome], history: Sequence[str]
) -> tuple[Ask, DataProfile] | None:
    whole = whole_profile(outcomes)
    if whole is None or whole.status != "ok":
        return None
    data = DataProfile.model_validate(whole.result)
    intent: Intent = read(question, now, history)
    if not data.requests or not intent.needs_data:
        return None
    expected = [(c.tool, c.arguments) for c in calls(intent, whole.result, outcomes)]
    scoped = scoped_profile(outcomes, expected)
    return resolve(intent, data, meant(intent, data, outcomes)), DataProfile.model_validate(
        scoped.result
    ) if scoped else data


def _planned(planned: Sequence[Call], outcomes: Sequence[ToolOutcome]) -> tuple[PlannedCall, ...]:
    made = [(o.tool, o.arguments) for o in outcomes]
    left = [c for c in planned if (c.tool, c.arguments) not in made]
    return tuple(PlannedCall(tool=c.tool, arguments=c.arguments, why=_why(c)) for c in left)


def _why(call: Call) -> str:
    kinds = {str(kind): said for kind, said in ESTIMATING.items()}
    return kinds.get(str(call.arguments.get("kind", "")), WHY[call.tool])


def _and(topics: Sequence[str]) -> str:
    *rest, last = topics
    return f"{', '.join(rest)} and {last}" if rest else last

"""The builtin analyst's answer: Markdown whose every figure is in the list of numbers, with the call that gave it."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, JsonValue

from netra.agents.builtin import actions, changes, estimates, missing, outlook, sections
from netra.agents.builtin.ask import Ask, resolve
from netra.agents.builtin.drawn import drawn
from netra.agents.builtin.figures import Figures, name, quoted
from netra.agents.builtin.intent import Intent
from netra.agents.builtin.numbers import Number
from netra.agents.builtin.periods import moment
from netra.agents.builtin.plan import calls, lookup, meant
from netra.agents.builtin.sections import Section
from netra.agents.builtin.sufficiency import judge, sentence
from netra.agents.builtin.views import View
from netra.agents.builtin.words import GREETING, PER_REQUEST
from netra.agents.findings import Finding
from netra.agents.steps import Failed
from netra.analytics.queries.profile import DataProfile, NameProfile

PROFILE = "data_profile"
SECTIONS: Mapping[str, Section] = {
    "cost_breakdown": sections.cost,
    "latency_percentiles": sections.latency,
    "token_statistics": sections.tokens,
    "usage_over_time": sections.usage,
    "change_drivers": changes.change,
    "anomalies": changes.anomalies,
    "compare_models": estimates.compare,
    "what_if": estimates.what_if,
    "forecast_cost": outlook.forecast,
    "budget_burn": outlook.budget,
    "correlate": outlook.correlation,
    "sql_query": outlook.rows,
}
CONCLUSIONS = frozenset({"usage_over_time", "change_drivers", "anomalies", "forecast_cost", "correlate"})
"""Sections that draw a conclusion, which little data does not carry."""
LISTED_NAMES = 12
AUTHOR = "_Written by the builtin analyst, without a language model._"
LABEL = "_Written by the builtin analyst, without a language model; each figure comes from a tool result of this run._"
Expected = Sequence[tuple[str, Mapping[str, JsonValue]]]
"""The calls that were planned, each a tool and its arguments."""
NARROWING = ("start", "end", "workloads", "models")
EFFECTS = frozenset({"set_budget"})
ADVISED = frozenset({"what_if", "token_statistics"})
"""What advice is made of, and need not be told beside it."""
UNSCOPED = frozenset({"budget_burn", "sql_query"})
"""These look at all of the account's data, and say so."""
FIELD = (
    "I am the builtin analyst, without a language model. I answer questions about this account's AI usage data: cost, "
    "latency, tokens, requests, errors, trends, what changed between two periods, anomalies, what moves together, "
    "models compared, what a change would save, forecasts and the budget; by workload, model, provider or day, for a "
    "period such as “yesterday”, “last week”, “in November” or a date."
)
EXAMPLES = (
    "“What did each model cost last week?”",
    "“Why did cost change this week?”",
    "“How can we cut cost by 20 %?”",
    "“What if half of gpt-4o moved to gpt-4o-mini?”",
    "“What will we spend next month?”",
    "“Are we on track with the budget?”",
)
NO_DATA = (
    f"There is no usage data in this account yet, so nothing can be answered from it. {missing.IMPORT}; "
    f"{missing.TRACES}; {missing.TRY}."
)


class Report(BaseModel):
    """An answer and its numbers."""

    model_config = ConfigDict(frozen=True)

    text: str
    """Markdown."""
    numbers: tuple[Number, ...]
    sufficiency_pct: float | None
    """None when no data was asked for, or there is none."""
    thinking: str
    """What is said before the report."""
    views: tuple[View, ...] = ()
    """What can be drawn beside it."""


def compose(intent: Intent, findings: Sequence[Finding], failed: Sequence[Failed] = ()) -> Report:
    """Answer the question out of what the tools found; equal findings give an equal answer.

    Raises UnbackedNumberError when the answer would hold a number that no tool produced.
    """
    effects = [f for f in findings if f.tool in EFFECTS]
    if intent.budget_usd is not None or effects:
        return _changed(effects, failed)
    if not intent.needs_data and GREETING.search(intent.question):
        return _plain([FIELD, "Examples: " + "; ".join(EXAMPLES) + "."])
    if not intent.needs_data:
        return _plain([f"That is outside of what I can answer. {FIELD}", "Examples: " + "; ".join(EXAMPLES) + "."])
    whole = whole_profile(findings)
    if whole is None and any(f.status == "ok" and f.tool in SECTIONS for f in findings):
        return _bare(findings, failed)
    if whole is None or whole.status != "ok":
        said = [*_failed(findings), *_stopped(failed)]
        return _plain(["The data could not be looked at, so there is no answer.", *said])
    if not DataProfile.model_validate(whole.result).requests:
        return _plain([NO_DATA], pct=0.0)
    return _answered(intent, whole, findings, failed)


def whole_profile(findings: Sequence[Finding]) -> Finding | None:
    """The profile of all data, if it was asked for; the last attempt counts."""
    return next((f for f in reversed(findings) if f.tool == PROFILE and not _narrowed(f.arguments)), None)


def scoped_profile(findings: Sequence[Finding], expected: Expected = ()) -> Finding | None:
    """The profile of what the question is about, where that is only a part of the data: as planned, else the first."""
    found = [f for f in findings if f.tool == PROFILE and f.status == "ok" and _narrowed(f.arguments)]
    return next((f for f in found if (f.tool, f.arguments) in expected), next(iter(found), None))


def _narrowed(arguments: Mapping[str, JsonValue]) -> bool:
    return any(arguments.get(key) for key in NARROWING)


def _plain(paragraphs: Sequence[str], *, pct: float | None = None) -> Report:
    text, numbers = Figures().finish("\n\n".join([*paragraphs, AUTHOR]))
    thinking = "I say what I can and cannot answer."
    return Report(text=text, numbers=numbers, sufficiency_pct=pct, thinking=thinking)


def _changed(effects: Sequence[Finding], failed: Sequence[Failed]) -> Report:
    """What became of a change that was ordered."""
    figures = Figures()
    told = [actions.outcome(finding, figures) for finding in effects] or ["**Nothing was changed.**"]
    return _report([*told, *_stopped(failed)], figures, effects, pct=None)


def _bare(findings: Sequence[Finding], failed: Sequence[Failed]) -> Report:
    """Tools were called without a look at the data: tell what they found, each with its own scope."""
    figures = Figures()
    told = [f for f in findings if f.status == "ok" and f.tool in SECTIONS]
    paragraphs = [f"{_own_scope(f)}\n\n{SECTIONS[f.tool](f, figures)}" for f in told]
    return _report([*paragraphs, *_failed(findings), *_stopped(failed)], figures, findings, pct=None)


def _answered(intent: Intent, whole: Finding, findings: Sequence[Finding], failed: Sequence[Failed]) -> Report:
    there = DataProfile.model_validate(whole.result)
    ask = resolve(intent, there, meant(intent, there, findings))
    first = lookup(intent, there)
    expected = [(c.tool, c.arguments) for c in calls(intent, whole.result, findings) if c != first]
    scoped = scoped_profile(findings, expected) or whole
    data = DataProfile.model_validate(scoped.result)
    figures = Figures()
    if not data.requests:
        nothing = [_scope(ask, data), _nothing_there(whole, figures), *_failed(findings), *_lacking(ask, data)]
        return _report([*nothing, *_stopped(failed), *_notes(ask)], figures, findings, pct=0.0)
    found = judge(data, ask.topics, metric=ask.metric)
    told = _told(findings, ask, conclude=found.level != "little")
    if first:
        # Who was meant is told after what was asked of them.
        told.sort(key=lambda f: (f.tool, f.arguments) == (first.tool, first.arguments))
    paragraphs = [
        _scope(ask, data),
        sentence(data, scoped, figures, ask.topics, metric=ask.metric),
        *(estimates.strategies(findings, ask.question, figures) if ask.wants_advice else []),
        *_unit_costs(told, ask, figures),
        *(_section(f, figures, expected) for f in told),
        *_withheld(findings, told),
        *([_names(data, scoped, figures)] if "overview" in ask.topics else []),
        *_failed(findings),
        *_stopped(failed),
        *(_lacking(ask, data) if found.level != "enough" else []),
        *(_notes(ask) if told or found.level == "little" else ask.notes),
    ]
    return _report(paragraphs, figures, findings, pct=found.pct)


def _section(finding: Finding, figures: Figures, expected: Expected) -> str:
    """What one result says, with its scope when that is not the answer's."""
    text = SECTIONS[finding.tool](finding, figures)
    alike = [arguments for tool, arguments in expected if tool == finding.tool]
    scopes = [_scope_of(arguments) for arguments in alike or [arguments for _, arguments in expected]]
    own = _scope_of(finding.arguments)
    return text if own in scopes or finding.tool in UNSCOPED else f"{_own_scope(finding)}\n\n{text}"


def _unit_costs(told: Sequence[Finding], ask: Ask, figures: Figures) -> list[str]:
    """What one request cost, where that is asked."""
    costs = [f for f in told if f.tool == "cost_breakdown"]
    return [sections.unit_cost(f, figures) for f in costs] if PER_REQUEST.search(ask.question) else []


def _withheld(findings: Sequence[Finding], told: Sequence[Finding]) -> list[str]:
    """Say it when conclusions were found and are not told, for want of data."""
    found = any(f.tool in CONCLUSIONS and f.status == "ok" for f in findings)
    told_one = any(f.tool in CONCLUSIONS for f in told)
    return ["So little data carries no trend, change or anomaly; none is stated."] if found and not told_one else []


def _report(paragraphs: Sequence[str], figures: Figures, findings: Sequence[Finding], *, pct: float | None) -> Report:
    thinking = f"I write the answer out of {len(findings)} tool results."
    text, numbers = figures.finish("\n\n".join([*paragraphs, LABEL]))
    views = drawn([f for f in findings if f.tool in SECTIONS])
    return Report(text=text, numbers=numbers, sufficiency_pct=pct, thinking=thinking, views=views)


def _told(findings: Sequence[Finding], ask: Ask, *, conclude: bool) -> list[Finding]:
    """The results to tell, what concludes first; little data carries none, and advice tells of its estimates itself."""
    told = [f for f in findings if f.status == "ok" and f.tool in SECTIONS and (conclude or f.tool not in CONCLUSIONS)]
    told = [f for f in told if not (ask.wants_advice and f.tool in ADVISED)]
    return told if "latency" in ask.topics and "models" in ask.topics else sorted(told, key=lambda f: _rank(f, ask))


def _rank(finding: Finding, ask: Ask) -> bool:
    """False for what comes first."""
    first = CONCLUSIONS if ask.wants_advice else CONCLUSIONS | {"compare_models", "what_if"}
    return finding.tool not in first


def _scope_of(arguments: Mapping[str, JsonValue]) -> list[JsonValue]:
    return [arguments.get(key) or None for key in NARROWING]


def _own_scope(finding: Finding) -> str:
    """The scope of a call that is not that of the whole answer."""
    given = [f"{key} {name(str(value))}" for key in NARROWING if (value := finding.arguments.get(key))]
    return f"Scope of {name(finding.tool)}: {', '.join(given) if given else 'all data'}."


def _scope(ask: Ask, data: DataProfile) -> str:
    """Which requests the answer is about."""
    names = [f"workload {name(w)}" for w in ask.workloads] + [f"model {name(m)}" for m in ask.models]
    about = f" of {', '.join(names)}" if names else ""
    if ask.baseline and ask.current:
        return f"Periods{about}: {ask.baseline.text()} (before) and {ask.current.text()} (after)."
    if ask.span:
        return f"Period{about}: {ask.span.text()} (“{ask.span.label}”)."
    if data.first_at and data.last_at:
        return f"Period{about}: all data, {moment(data.first_at)} to {moment(data.last_at)}."
    return f"Period{about}: all data."


def _nothing_there(whole: Finding, figures: Figures) -> str:
    """No request in the scope: say what there is instead."""
    data = DataProfile.model_validate(whole.result)
    count = figures.say(whole, "requests", data.requests, "requests")
    span = f"{moment(data.first_at)} to {moment(data.last_at)}" if data.first_at and data.last_at else ""
    there = f"The data holds {count} requests, {span}."
    return f"**No data:** there is no request in this scope. {there} {_names(data, whole, figures)}"


def _names(data: DataProfile, finding: Finding, figures: Figures) -> str:
    said = [
        f"{kind}: {_listed(names, total, finding, figures)}"
        for kind, names, total in (
            ("Workloads", data.workloads, data.workloads_total),
            ("models", data.models, data.models_total),
        )
    ]
    return "; ".join(said) + "."


def _listed(names: Sequence[NameProfile], total: int, finding: Finding, figures: Figures) -> str:
    shown = [
        f"{name(n.name)} ({figures.say(finding, f'requests[{n.name}]', n.requests, 'requests')})"
        for n in names[:LISTED_NAMES]
    ]
    rest = [f"and others, {figures.say(finding, 'names', total)} in all"] if total > len(shown) else []
    return ", ".join([*shown, *rest])


def _failed(findings: Sequence[Finding]) -> list[str]:
    return [f"{name(f.tool)} gave no result: {quoted(f.error or f.status)}" for f in findings if f.status != "ok"]


def _stopped(failed: Sequence[Failed]) -> list[str]:
    """Which agents could not finish, in their own words."""
    return [f"**{f.agent} could not finish its work**, so this is not all: {quoted(f.message)}" for f in failed]


def _lacking(ask: Ask, data: DataProfile) -> list[str]:
    """What would help."""
    needed = missing.needs(ask, data)
    if not needed:
        return []
    return ["What would help:\n" + "\n".join(f"- {need.what} {need.how}" for need in needed)]


def _notes(ask: Ask) -> list[str]:
    if not ask.notes:
        return []
    return ["Assumptions:\n" + "\n".join(f"- {note}" for note in ask.notes)]

"""The builtin analyst's answer: Markdown whose every figure is in the list of numbers, with the call that gave it."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, JsonValue

from netra.agents.builtin import changes, sections
from netra.agents.builtin.ask import Ask, resolve
from netra.agents.builtin.figures import Figures, name
from netra.agents.builtin.intent import Intent
from netra.agents.builtin.numbers import Number
from netra.agents.builtin.periods import moment
from netra.agents.builtin.plan import calls
from netra.agents.builtin.sections import Section
from netra.agents.builtin.sufficiency import judge, sentence
from netra.agents.findings import Finding
from netra.analytics.queries.profile import DataProfile, NameProfile

PROFILE = "data_profile"
SECTIONS: Mapping[str, Section] = {
    "cost_breakdown": sections.cost,
    "latency_percentiles": sections.latency,
    "token_statistics": sections.tokens,
    "usage_over_time": sections.usage,
    "change_drivers": changes.change,
    "anomalies": changes.anomalies,
}
CONCLUSIONS = frozenset({"usage_over_time", "change_drivers", "anomalies"})
"""Sections that draw a conclusion, which little data does not carry."""
LISTED_NAMES = 12
AUTHOR = "_Written by the builtin analyst, without a language model._"
LABEL = "_Written by the builtin analyst, without a language model; each figure comes from a tool result of this run._"
NARROWING = ("start", "end", "workloads", "models")
FIELD = (
    "I am the builtin analyst, without a language model. I answer questions about this account's AI usage data: cost, "
    "latency, tokens, requests, errors, trends, what changed between two periods, and anomalies, by workload, model, "
    "provider or day, for a period such as “yesterday”, “last week”, “in November” or a date."
)
EXAMPLES = (
    "“What did each model cost last week?”",
    "“How many tokens did each workload use yesterday?”",
    "“What changed in cost between this week and last week?”",
    "“Were there latency anomalies this month?”",
)
NO_DATA = (
    "There is no usage data in this account yet, so nothing can be answered from it. `netra data import FILE` imports "
    "CSV, JSON lines or Parquet; `netra data generate` makes a realistic data set to try."
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


def compose(intent: Intent, findings: Sequence[Finding]) -> Report:
    """Answer the question out of what the tools found; equal findings give an equal answer."""
    if not intent.needs_data:
        return _plain([f"That is outside of what I can answer. {FIELD}", "Examples: " + "; ".join(EXAMPLES) + "."])
    whole = whole_profile(findings)
    if whole is None and any(f.status == "ok" and f.tool in SECTIONS for f in findings):
        return _bare(findings)
    if whole is None or whole.status != "ok":
        return _plain(["The data could not be looked at, so there is no answer.", *_failed(findings)])
    if not DataProfile.model_validate(whole.result).requests:
        return _plain([NO_DATA])
    return _answered(intent, whole, findings)


def whole_profile(findings: Sequence[Finding]) -> Finding | None:
    """The profile of all data, if it was asked for; the last attempt counts."""
    return next((f for f in reversed(findings) if f.tool == PROFILE and not _narrowed(f.arguments)), None)


def _narrowed(arguments: Mapping[str, JsonValue]) -> bool:
    return any(arguments.get(key) for key in NARROWING)


def _plain(paragraphs: Sequence[str]) -> Report:
    text = "\n\n".join([*paragraphs, AUTHOR])
    return Report(text=text, numbers=(), sufficiency_pct=None, thinking="I say what I can and cannot answer.")


def _bare(findings: Sequence[Finding]) -> Report:
    """Tools were called without a look at the data: tell what they found, each with its own scope."""
    figures = Figures()
    told = [f for f in findings if f.status == "ok" and f.tool in SECTIONS]
    paragraphs = [f"{_own_scope(f)}\n\n{SECTIONS[f.tool](f, figures)}" for f in told]
    return _report([*paragraphs, *_failed(findings)], figures, findings, pct=None)


def _answered(intent: Intent, whole: Finding, findings: Sequence[Finding]) -> Report:
    ask = resolve(intent, DataProfile.model_validate(whole.result))
    expected = {c.tool: c.arguments for c in calls(intent, whole.result)}
    scoped = next((f for f in findings if f.tool == PROFILE and f.status == "ok" and _narrowed(f.arguments)), whole)
    data = DataProfile.model_validate(scoped.result)
    figures = Figures()
    if not data.requests:
        nothing = [_scope(ask, data), _nothing_there(whole, figures), *_failed(findings), *_notes(ask)]
        return _report(nothing, figures, findings, pct=None)
    found = judge(data, ask.topics, metric=ask.metric)
    told = _told(findings, conclude=found.level != "little")
    paragraphs = [
        _scope(ask, data),
        sentence(data, scoped, figures, ask.topics, metric=ask.metric),
        *(_section(f, figures, expected.get(f.tool, {})) for f in told),
        *_withheld(findings, told),
        *([_names(data, scoped, figures)] if "overview" in ask.topics else []),
        *_failed(findings),
        *_notes(ask),
    ]
    return _report(paragraphs, figures, findings, pct=found.pct)


def _section(finding: Finding, figures: Figures, expected: Mapping[str, JsonValue]) -> str:
    """What one result says, with its scope when that is not the answer's."""
    text = SECTIONS[finding.tool](finding, figures)
    return text if _scope_of(finding.arguments) == _scope_of(expected) else f"{_own_scope(finding)}\n\n{text}"


def _withheld(findings: Sequence[Finding], told: Sequence[Finding]) -> list[str]:
    """Say it when conclusions were found and are not told, for want of data."""
    found = any(f.tool in CONCLUSIONS and f.status == "ok" for f in findings)
    told_one = any(f.tool in CONCLUSIONS for f in told)
    return ["So little data carries no trend, change or anomaly; none is stated."] if found and not told_one else []


def _report(paragraphs: Sequence[str], figures: Figures, findings: Sequence[Finding], *, pct: float | None) -> Report:
    thinking = f"I write the answer out of {len(findings)} tool results."
    text = "\n\n".join([*paragraphs, LABEL])
    return Report(text=text, numbers=figures.numbers, sufficiency_pct=pct, thinking=thinking)


def _told(findings: Sequence[Finding], *, conclude: bool) -> list[Finding]:
    """The results to tell, conclusions first; little data carries none."""
    told = [f for f in findings if f.status == "ok" and f.tool in SECTIONS and (conclude or f.tool not in CONCLUSIONS)]
    return sorted(told, key=lambda f: f.tool not in CONCLUSIONS)


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
    return [f"{name(f.tool)} gave no result: {f.error or f.status}" for f in findings if f.status != "ok"]


def _notes(ask: Ask) -> list[str]:
    if not ask.notes:
        return []
    return ["Assumptions:\n" + "\n".join(f"- {note}" for note in ask.notes)]

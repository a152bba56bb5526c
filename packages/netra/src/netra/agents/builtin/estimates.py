"""The sections on what could be different: a what-if, models compared, and the strategies that advice comes to."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from netra.agents.builtin import actions
from netra.agents.builtin.figures import NOTHING, Figures, Unit, Value, name, quoted, table
from netra.agents.builtin.optimization import Strategy, goal_pct, ranked
from netra.agents.builtin.periods import moment
from netra.agents.builtin.sections import signed
from netra.agents.findings import Finding
from netra.analytics.quantities import Usd
from netra.analytics.queries.assumptions import Assumption
from netra.analytics.queries.compare import ComparedModel, ModelComparison
from netra.analytics.queries.what_if import Kind, WhatIf

LISTED_LINES = 6


class _Amounts(NamedTuple):
    expected: Usd
    low: Usd
    high: Usd
    per: str


class _Told(NamedTuple):
    """What one report has said already."""

    shared: frozenset[str]
    """Assumptions of every change, which are said once, at the end."""
    kinds: set[Kind]
    """Changes whose steps are told."""


def what_if(finding: Finding, figures: Figures) -> str:
    """What one change would save, what that assumes and what it risks."""
    found = WhatIf.model_validate(finding.result)
    title = _capital(_title(finding, figures, found))
    if not found.possible:
        return f"**{title}: no estimate.** {figures.prose(finding, 'why_not', _sentence(found.why_not))}"
    say, amounts = figures.say, _amounts(found)
    verb = "would save" if amounts.expected >= 0 else "would not save"
    lead = f"**{title} {verb} about {figures.about(finding, 'saving', amounts.expected)} {amounts.per}**"
    between = f"{figures.about(finding, 'low', amounts.low)} and {figures.about(finding, 'high', amounts.high)}"
    share = f", {say(finding, 'saving_pct', found.saving.pct, '%')} of the cost" if found.saving.pct is not None else ""
    touched = say(finding, "affected_requests", found.affected_requests, "requests")
    paid = figures.about(finding, "affected_cost", found.affected_cost_usd)
    total = figures.about(finding, "cost", found.cost_usd)
    days = say(finding, "days", found.days, "days")
    return "\n\n".join(
        [
            f"{lead}: between {between}{share}.",
            f"It is about {touched} requests that cost {paid} of {total} in {days}.",
            *_lines(finding, figures, found),
            _risk(finding, figures, found),
            _assumed(finding, figures, found.assumptions),
        ]
    )


def compare(finding: Finding, figures: Figures) -> str:
    """What the same requests would cost on each model."""
    found = ModelComparison.model_validate(finding.result)
    say = figures.say
    mix = (
        f"{say(finding, 'requests', found.requests, 'requests')} requests "
        f"({say(finding, 'input_tokens', found.input_tokens, 'tokens')} input and "
        f"{say(finding, 'output_tokens', found.output_tokens, 'tokens')} output tokens)"
    )
    recorded = figures.about(finding, "recorded_cost", found.recorded_cost_usd)
    lead = f"**The same requests on each model**, cheapest first: {mix}, recorded cost {recorded}."
    unpriced = f" {say(finding, 'unpriced', found.unpriced, 'requests')} of them have no recorded cost."
    decimals = _decimals(found.models)
    rows = [_compared(finding, figures, model, decimals) for model in found.models]
    header = ["model", "cost", "against recorded", "a million input", "a million output", "own p95", "own failures"]
    return "\n\n".join(
        [
            lead + (unpriced if found.unpriced else ""),
            table(header, rows),
            f"Prices as of {moment(found.prices_at)}. {_assumed(finding, figures, found.assumptions)}",
        ]
    )


def strategies(findings: Sequence[Finding], question: str, figures: Figures) -> list[str]:
    """What can be done, the largest saving first, each with steps, risk and assumptions."""
    by_id = {finding.call_id: finding for finding in findings}
    found = ranked(findings)
    if not found:
        tried = any(f.tool == "what_if" and f.status == "ok" for f in findings)
        return ["**No change that I can estimate would save anything** in this data."] if tried else []
    best, estimate = found[0]
    finding, amounts = by_id[best.call_id], _amounts(estimate)
    lead = (
        f"**The best single change: {_title(finding, figures, estimate)}**, about "
        f"{figures.about(finding, 'saving', amounts.expected)} {amounts.per} "
        f"({figures.about(finding, 'low', amounts.low)} to {figures.about(finding, 'high', amounts.high)})."
    )
    rows = [_row(by_id[strategy.call_id], figures, strategy, made) for strategy, made in found]
    header = ["change", f"saves {amounts.per}", "at worst", "at best", "of the cost", "risk to quality"]
    told = _Told(_shared([made.assumptions for _, made in found]), set())
    return [
        lead,
        *_goal(by_id, question, figures, found),
        table(header, rows),
        "The changes touch the same requests, so their savings overlap and do not add up.",
        *(_detail(by_id[strategy.call_id], figures, made, told) for strategy, made in found),
        f"For all of them: {_said(finding, figures, [a for a in estimate.assumptions if a.text in told.shared])}",
    ]


def _goal(
    by_id: Mapping[str, Finding], question: str, figures: Figures, found: Sequence[tuple[Strategy, WhatIf]]
) -> list[str]:
    """Whether one change alone reaches what the person wants; nothing without a goal."""
    goal = goal_pct(question)
    if goal is None:
        return []
    asked = quoted(f"{goal:g} %")
    for strategy, made in found:
        if (made.saving.pct or 0) >= goal:
            finding = by_id[strategy.call_id]
            pct = figures.say(finding, "saving_pct", made.saving.pct, "%")
            return [
                f"Your goal of {asked} is within reach of {_title(finding, figures, made)} alone: {pct} as expected."
            ]
    if any((made.saving.high_pct or 0) >= goal for _, made in found):
        return [f"Your goal of {asked} is reached by one change alone only at its best."]
    return [f"No single change reaches your goal of {asked}; it takes several."]


def _row(finding: Finding, figures: Figures, strategy: Strategy, made: WhatIf) -> list[str]:
    amounts = _amounts(made)
    return [
        _title(finding, figures, made),
        figures.about(finding, "saving", amounts.expected),
        figures.about(finding, "low", amounts.low),
        figures.about(finding, "high", amounts.high),
        figures.say(finding, "saving_pct", made.saving.pct, "%"),
        strategy.risk,
    ]


def _detail(finding: Finding, figures: Figures, made: WhatIf, told: _Told) -> str:
    """Risk, assumptions and steps of one change; what was said of another is not said again."""
    own = [assumption for assumption in made.assumptions if assumption.text not in told.shared]
    text = f"**{_capital(_title(finding, figures, made))}.** {_risk(finding, figures, made)}"
    text += f" Assumed: {_said(finding, figures, own)}"
    if made.kind in told.kinds:
        return f"{text} The steps are those above."
    told.kinds.add(made.kind)
    return f"{text}\n\n" + "\n".join(f"- {step}" for step in actions.STEPS[made.kind])


def _shared(all_of: Sequence[Sequence[Assumption]]) -> frozenset[str]:
    texts = [{assumption.text for assumption in assumptions} for assumptions in all_of]
    return frozenset(set[str].intersection(*texts)) if len(texts) > 1 else frozenset()


def _title(finding: Finding, figures: Figures, found: WhatIf) -> str:
    """The change in words, with what the call was given."""
    given = finding.arguments
    source, target = name(str(given.get("from_model", ""))), name(str(given.get("to_model", "")))

    def told(key: str, unit: Unit, usual: Value) -> str:
        value = given.get(key)
        return figures.say(finding, key, value if isinstance(value, int | float) else usual, unit)

    whose = f" of {source}" if given.get("from_model") else ""
    match found.kind:
        case "move_share":
            return f"moving {told('share_pct', '%', 100)} of the requests from {source} to {target}"
        case "route_by_difficulty":
            return f"routing easy requests from {source} to {target}"
        case "prompt_caching":
            return f"prompt caching{whose}"
        case "batching":
            return f"batching {told('share_pct', '%', 100)} of the requests{whose}"
        case "output_cap":
            return f"ending answers{whose} after {told('max_output_tokens', 'tokens', 0)} tokens"


def _amounts(found: WhatIf) -> _Amounts:
    """By month where the data's period allows it."""
    s = found.saving
    if s.monthly_usd is None or s.monthly_low_usd is None or s.monthly_high_usd is None:
        return _Amounts(s.usd, s.low_usd, s.high_usd, "in the period")
    return _Amounts(s.monthly_usd, s.monthly_low_usd, s.monthly_high_usd, "a month")


def _lines(finding: Finding, figures: Figures, found: WhatIf) -> list[str]:
    if len(found.lines) < 2:  # noqa: PLR2004 - the only line is the whole
        return []
    rows = [
        [
            f"{name(line.workload)} on {name(line.model)}",
            figures.say(finding, f"requests[{line.workload}/{line.model}]", line.requests, "requests"),
            figures.about(finding, f"cost[{line.workload}/{line.model}]", line.cost_usd),
            figures.about(finding, f"saving[{line.workload}/{line.model}]", line.saving_usd),
        ]
        for line in found.lines[:LISTED_LINES]
    ]
    return [table(["where", "requests", "cost in the period", "saving in the period"], rows)]


def _risk(finding: Finding, figures: Figures, found: WhatIf) -> str:
    risk = found.quality_risk
    cut = ""
    if risk.cut_answers_pct is not None:
        cut = (
            f" {figures.say(finding, 'cut_answers_pct', risk.cut_answers_pct, '%')} of the answers would have been cut."
        )
    return f"Risk to quality: {risk.level}. {figures.prose(finding, 'risk', risk.why)}{cut}"


def _assumed(finding: Finding, figures: Figures, assumptions: Sequence[Assumption]) -> str:
    return f"Assumed: {_said(finding, figures, assumptions)}"


def _said(finding: Finding, figures: Figures, assumptions: Sequence[Assumption]) -> str:
    return " ".join(figures.prose(finding, "assumption", assumption.text) for assumption in assumptions)


def _decimals(models: Sequence[ComparedModel]) -> int:
    """As many as the prices a million tokens need, at least cents."""
    prices = [p for m in models for p in (m.input_usd_per_mtok, m.output_usd_per_mtok) if p is not None]
    return max([2, *(len(f"{price.normalize():f}".partition(".")[2]) for price in prices)])


def _compared(finding: Finding, figures: Figures, model: ComparedModel, decimals: int) -> list[str]:
    def say(what: str, value: Value | None, unit: Unit) -> str:
        return figures.say(finding, f"{what}[{model.model}]", value, unit)

    own = model.observed
    return [
        name(model.model),
        figures.about(finding, f"cost[{model.model}]", model.cost_usd),
        signed(finding, figures, f"change_pct[{model.model}]", model.change_pct),
        figures.about(finding, f"input_price[{model.model}]", model.input_usd_per_mtok, decimals),
        figures.about(finding, f"output_price[{model.model}]", model.output_usd_per_mtok, decimals),
        say("p95", own.p95_ms, "ms") if own else NOTHING,
        say("error_pct", own.error_pct, "%") if own else NOTHING,
    ]


def _sentence(text: str) -> str:
    return f"{_capital(text)}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

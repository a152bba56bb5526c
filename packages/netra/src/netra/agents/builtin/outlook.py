"""The sections on what comes and what moves together: forecast, budget, correlation, and the rows of a statement."""

from pydantic import JsonValue

from netra.agents.builtin.failures import LEADS
from netra.agents.builtin.figures import NOTHING, Figures, name, quoted, table
from netra.agents.builtin.periods import moment
from netra.agents.findings import Finding
from netra.analytics.queries.budget import BudgetBurn
from netra.analytics.queries.correlate import Correlation, Correlations
from netra.analytics.queries.forecast import Forecast
from netra.analytics.queries.sql import SqlResult

LISTED_DAYS = 14
LISTED_PAIRS = 10
LISTED_ROWS = 50
WORDS = {
    "requests": "requests",
    "errors": "errors",
    "input_tokens": "input tokens",
    "output_tokens": "output tokens",
    "cost": "cost",
    "latency": "latency",
}


def forecast(finding: Finding, figures: Figures) -> str:
    """What the coming days will cost."""
    found = Forecast.model_validate(finding.result)
    say = figures.say
    if not found.points:
        return f"**No forecast**: {figures.prose(finding, 'why_not', found.why_not)}."
    total = figures.about(finding, "total", found.total_usd)
    days = say(finding, "horizon", len(found.points), "days")
    low, high = figures.about(finding, "low", found.total_low_usd), figures.about(finding, "high", found.total_high_usd)
    interval = say(finding, "confidence", found.confidence_pct, "%")
    mean = figures.about(finding, "mean_per_day", found.mean_per_day_usd)
    lead = (
        f"**Forecast: {total} for the {days} from {found.points[0].at:%Y-%m-%d} on**, {mean} a day; "
        f"with {interval} confidence between {low} and {high}."
    )
    method = f"Method: {figures.prose(finding, 'method', found.method_text)} {_tested(finding, figures, found)}"
    rows = [
        [
            f"{day.at:%Y-%m-%d}",
            figures.about(finding, f"day[{day.at:%Y-%m-%d}]", day.usd),
            figures.about(finding, f"low[{day.at:%Y-%m-%d}]", day.low_usd),
            figures.about(finding, f"high[{day.at:%Y-%m-%d}]", day.high_usd),
        ]
        for day in found.points
    ]
    listed = [table(["day (UTC)", "cost", "low", "high"], rows)] if len(rows) <= LISTED_DAYS else []
    return "\n\n".join([lead, *listed, method, _assumed(finding, figures, found)])


def _tested(finding: Finding, figures: Figures, found: Forecast) -> str:
    known = f"It stands on {figures.say(finding, 'days_used', found.days_used)} complete days of data."
    if found.backtest_error_pct is None:
        return known
    tried = figures.say(finding, "backtests", found.backtests)
    off = figures.say(finding, "backtest_error_pct", found.backtest_error_pct, "%")
    return f"{known} In {tried} forecasts of days that were known already, it was off by {off} on average."


def budget(finding: Finding, figures: Figures) -> str:
    """How much of the month's budget is spent, and whether it lasts."""
    found = BudgetBurn.model_validate(finding.result)
    say = figures.say
    spent, gone = figures.about(finding, "spent", found.spent_usd), say(finding, "elapsed_pct", found.elapsed_pct, "%")
    parts: list[str] = []
    if found.budget_usd is None:
        parts.append(f"**{spent} is spent in {found.month}**, {gone} of the month gone, as of {moment(found.as_of)}.")
    else:
        whole = figures.about(finding, "budget", found.budget_usd)
        pct = say(finding, "spent_pct", found.spent_pct, "%")
        lead = f"**{pct} of the budget is spent: {spent} of {whole} in {found.month}**"
        parts.append(f"{lead}, with {gone} of the month gone, as of {moment(found.as_of)}.")
    parts += _projected(finding, figures, found)
    if found.budget_usd is None:
        parts.append(f"No budget is set; {quoted('set my monthly budget to $500')} sets one, after your approval.")
    if found.unpriced:
        unpriced = say(finding, "unpriced", found.unpriced, "requests")
        parts.append(f"{unpriced} requests of this month have no known price and are in no figure.")
    return "\n\n".join([*parts, _assumed(finding, figures, found)])


def _projected(finding: Finding, figures: Figures, found: BudgetBurn) -> list[str]:
    if found.projected_usd is None:
        return ["Too few days are known to project the month's end."]
    say = figures.say
    low = figures.about(finding, "projected_low", found.projected_low_usd)
    high = figures.about(finding, "projected_high", found.projected_high_usd)
    text = f"By the month's end: {figures.about(finding, 'projected', found.projected_usd)} (between {low} and {high})"
    if found.budget_usd is None:
        return [f"{text}."]
    text += f", {say(finding, 'projected_pct', found.projected_pct, '%')} of the budget"
    if found.exhausted_at is not None:
        return [f"{text}. **It is passed on {found.exhausted_at:%Y-%m-%d}.**"]
    if not found.on_track:
        return [f"{text}. **The budget does not last.**"]
    tight = (found.projected_high_usd or 0) > found.budget_usd
    return [
        f"{text}. " + ("The budget should last, but not if it comes to the most." if tight else "The budget lasts.")
    ]


def correlation(finding: Finding, figures: Figures) -> str:
    """What moves together."""
    found = Correlations.model_validate(finding.result)
    each = f"{found.step}s" if found.step else "requests"
    count = figures.say(finding, "n", found.n)
    if not found.pairs:
        return f"**Nothing can be compared** over {count} {each}: too few values, or they never change."
    first = found.pairs[0]
    how = "move together strongly" if first.strong and first.pearson > 0 else "do not move together strongly"
    how = "move against each other strongly" if first.strong and first.pearson < 0 else how
    lead = f"**{WORDS[first.x].capitalize()} and {WORDS[first.y]} {how}** over {count} {each}."
    limit = figures.say(finding, "strong_limit", found.strong_limit, "r")
    rows = [_pair(finding, figures, pair) for pair in found.pairs[:LISTED_PAIRS]]
    header = ["pair", "r (Pearson)", "low", "high", "rank (Spearman)", "values"]
    left = (
        f" Left out, for they hardly change: {', '.join(WORDS[q] for q in found.left_out)}." if found.left_out else ""
    )
    caution = f"Strong means at least {limit} either way. Moving together is no proof of cause.{left}"
    return "\n\n".join([lead, table(header, rows), caution])


def _pair(finding: Finding, figures: Figures, pair: Correlation) -> list[str]:
    key = f"{pair.x}/{pair.y}"
    return [
        f"{WORDS[pair.x]} and {WORDS[pair.y]}",
        figures.say(finding, f"pearson[{key}]", pair.pearson, "r"),
        figures.say(finding, f"low[{key}]", pair.low, "r"),
        figures.say(finding, f"high[{key}]", pair.high, "r"),
        figures.say(finding, f"spearman[{key}]", pair.spearman, "r"),
        figures.say(finding, f"n[{key}]", pair.n),
    ]


def rows(finding: Finding, figures: Figures) -> str:
    """The rows of a statement, as they are."""
    found = SqlResult.model_validate(finding.result)
    if not found.rows:
        return "**The statement gives no row.**"
    listed = [
        [_cell(finding, figures, column.name, value) for column, value in zip(found.columns, row, strict=True)]
        for row in found.rows[:LISTED_ROWS]
    ]
    more = found.cut or len(found.rows) > LISTED_ROWS
    lead = LEADS.get(str(finding.arguments.get("sql")), "**Result of the statement**")
    parts = [lead, table([name(column.name) for column in found.columns], listed)]
    return "\n\n".join([*parts, *(["There are more rows than are listed."] if more else [])])


def _cell(finding: Finding, figures: Figures, column: str, value: JsonValue) -> str:
    match value:
        case None:
            return NOTHING
        case bool():
            return str(value).lower()
        case int() | float():
            return figures.say(finding, column, value, "value")
        case _:
            return name(str(value))


def _assumed(finding: Finding, figures: Figures, found: Forecast | BudgetBurn) -> str:
    return "Assumed: " + " ".join(figures.prose(finding, "assumption", a.text) for a in found.assumptions)

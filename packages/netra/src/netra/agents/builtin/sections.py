"""One section of a report for each kind of tool result: what it says, with every number through `Figures`."""

from collections.abc import Callable, Mapping

from netra.agents.builtin.figures import NOTHING, Figures, Unit, name, table
from netra.agents.builtin.periods import moment
from netra.agents.findings import Finding
from netra.analytics.queries.cost import CostBreakdown
from netra.analytics.queries.grouping import Grouping
from netra.analytics.queries.latency import LatencyPercentiles
from netra.analytics.queries.tokens import TokenStatistics
from netra.analytics.queries.usage import Trend, UsageOverTime

TITLES: Mapping[Grouping, str] = {
    "all": "all",
    "model": "model",
    "workload": "workload",
    "provider": "provider",
    "day": "day (UTC)",
}
SHOWN_STEPS = 31
"""Steps of time that a table lists; of more, only the sums and the peak."""

Section = Callable[[Finding, Figures], str]


def cost(finding: Finding, figures: Figures) -> str:
    """What it cost, by group."""
    found = CostBreakdown.model_validate(finding.result)
    say = figures.say
    total = say(finding, "cost", found.cost_usd, "USD")
    requests = say(finding, "requests", found.requests, "requests")
    lead = f"**Cost: {total}** for {requests} requests."
    if found.cost_usd is None:
        lead = f"**Cost: unknown.** None of the {requests} requests has a known price."
    elif len(found.groups) > 1 and found.by != "day":
        most = found.groups[0]
        share = say(finding, f"share[{most.key}]", most.share_pct, "%")
        lead += f" Most of it: {name(most.key)}, {say(finding, f'cost[{most.key}]', most.cost_usd, 'USD')} ({share})."
    rows = [
        [
            name(g.key),
            say(finding, f"cost[{g.key}]", g.cost_usd, "USD"),
            say(finding, f"share[{g.key}]", g.share_pct, "%"),
            say(finding, f"requests[{g.key}]", g.requests, "requests"),
            say(finding, f"unpriced[{g.key}]", g.unpriced, "requests"),
        ]
        for g in found.groups
    ]
    parts = [lead, table([TITLES[found.by], "cost", "share", "requests", "unpriced"], rows)]
    if found.unpriced and found.cost_usd is not None:
        unpriced = say(finding, "unpriced", found.unpriced, "requests")
        parts.append(f"{unpriced} requests have no known price and are in no cost above; they did not cost nothing.")
    return "\n\n".join([*parts, *_unlisted(finding, figures, found.groups_total, len(found.groups))])


def unit_cost(finding: Finding, figures: Figures) -> str:
    """What one request cost on average, by group."""
    found = CostBreakdown.model_validate(finding.result)
    mean = figures.say(finding, "cost_per_request", found.cost_per_request_usd, "USD")
    lead = f"**Cost per request: {mean}** on average, over the requests that have a price."
    if found.cost_per_request_usd is None:
        return "**Cost per request: unknown.** No request in this scope has a known price."
    if len(found.groups) < 2:  # noqa: PLR2004 - one group compares with nothing
        return lead
    rows = [
        [name(g.key), figures.say(finding, f"cost_per_request[{g.key}]", g.cost_per_request_usd, "USD")]
        for g in found.groups
    ]
    return f"{lead}\n\n{table([TITLES[found.by], 'cost per request'], rows)}"


def latency(finding: Finding, figures: Figures) -> str:
    """How long requests took, and how many failed."""
    found = LatencyPercentiles.model_validate(finding.result)
    say = figures.say
    rows = [
        [
            name(g.key),
            *(
                say(finding, f"{label}[{g.key}]", value, "ms")
                for label, value in (
                    ("p50", g.p50_ms),
                    ("p90", g.p90_ms),
                    ("p95", g.p95_ms),
                    ("p99", g.p99_ms),
                    ("mean", g.mean_ms),
                    ("max", g.max_ms),
                )
            ),
            say(finding, f"measured[{g.key}]", g.measured, "requests"),
            say(finding, f"errors[{g.key}]", g.errors, "requests"),
        ]
        for g in found.groups
    ]
    lead = f"**Latency**{_extremes(finding, figures, found)}; p50 is the median."
    if not any(g.measured for g in found.groups):
        lead = "**Latency: unknown.** No request in this scope has a latency; how many failed is known."
    lead += _failures(finding, figures, found)
    header = [TITLES[found.by], "p50", "p90", "p95", "p99", "mean", "max", "measured", "errors"]
    return "\n\n".join([lead, table(header, rows), *_unlisted(finding, figures, found.groups_total, len(found.groups))])


def _failures(finding: Finding, figures: Figures, found: LatencyPercentiles) -> str:
    """Where most requests failed."""
    most = max(found.groups, key=lambda g: g.errors, default=None)
    if most is None or not most.errors or len(found.groups) < 2:  # noqa: PLR2004 - one group compares with nothing
        return ""
    failed = figures.say(finding, f"errors[{most.key}]", most.errors, "requests")
    requests = figures.say(finding, f"requests[{most.key}]", most.requests, "requests")
    return f" Most failures: {name(most.key)}, {failed} of {requests} requests."


def _extremes(finding: Finding, figures: Figures, found: LatencyPercentiles) -> str:
    """Who is slowest, and who is fastest."""
    known = sorted((g.p95_ms, g.key) for g in found.groups if g.p95_ms is not None)
    if len(known) < 2 or found.by == "day":  # noqa: PLR2004 - one group compares with nothing
        return ""
    (least, fastest), (most, slowest) = known[0], known[-1]
    slow = f"{name(slowest)} ({figures.say(finding, f'p95[{slowest}]', most, 'ms')})"
    fast = f"{name(fastest)} ({figures.say(finding, f'p95[{fastest}]', least, 'ms')})"
    return f": by p95 the slowest is {slow}, the fastest {fast}"


def tokens(finding: Finding, figures: Figures) -> str:
    """Requests and tokens, by group."""
    found = TokenStatistics.model_validate(finding.result)
    say = figures.say
    requests = say(finding, "requests", found.requests, "requests")
    read = say(finding, "input_tokens", found.input_tokens, "tokens")
    wrote = say(finding, "output_tokens", found.output_tokens, "tokens")
    rows = [
        [
            name(g.key),
            say(finding, f"requests[{g.key}]", g.requests, "requests"),
            *(
                say(finding, f"{label}[{g.key}]", value, "tokens")
                for label, value in (
                    ("input_tokens", g.input_tokens),
                    ("input_median", g.input_median),
                    ("input_p99", g.input_p99),
                    ("output_tokens", g.output_tokens),
                    ("output_median", g.output_median),
                    ("output_p99", g.output_p99),
                )
            ),
        ]
        for g in found.groups
    ]
    lead = f"**{requests} requests** read {read} input tokens and wrote {wrote} output tokens."
    header = [TITLES[found.by], "requests", "input", "median", "p99", "output", "median", "p99"]
    return "\n\n".join([lead, table(header, rows), *_unlisted(finding, figures, found.groups_total, len(found.groups))])


def usage(finding: Finding, figures: Figures) -> str:
    """Usage in steps of time, with peak and trend."""
    found = UsageOverTime.model_validate(finding.result)
    say = figures.say
    requests = say(finding, "requests", found.requests, "requests")
    steps = say(finding, "steps", found.steps)
    mean = say(finding, "mean_requests", found.mean_requests, "requests")
    total = say(finding, "cost", found.cost_usd, "USD")
    parts = [f"**{requests} requests** in {steps} steps of one {found.step}, {mean} a step, cost {total}."]
    if found.unpriced:
        parts.append(f"{say(finding, 'unpriced', found.unpriced, 'requests')} requests have no known price.")
    if found.peak:
        count = say(finding, "peak_requests", found.peak.requests, "requests")
        parts.append(f"Most requests in one {found.step}: {count}, from {moment(found.peak.at)}.")
    parts.append(_trend(finding, figures, found.trend) if found.trend else "Too few complete steps for a trend.")
    if found.steps <= SHOWN_STEPS:
        rows = [
            [
                moment(b.at) + (" (partial)" if b.partial else ""),
                say(finding, f"requests[{moment(b.at)}]", b.requests, "requests"),
                say(finding, f"tokens[{moment(b.at)}]", b.input_tokens + b.output_tokens, "tokens"),
                say(finding, f"cost[{moment(b.at)}]", b.cost_usd, "USD"),
                say(finding, f"median_latency[{moment(b.at)}]", b.median_latency_ms, "ms"),
                say(finding, f"errors[{moment(b.at)}]", b.errors, "requests"),
            ]
            for b in found.buckets
        ]
        parts.append(table(["from", "requests", "tokens", "cost", "median latency", "errors"], rows))
    return "\n\n".join(parts)


def _trend(finding: Finding, figures: Figures, trend: Trend) -> str:
    changes: list[tuple[str, float | None]] = [
        ("requests", trend.requests_change_pct),
        ("tokens", trend.tokens_change_pct),
        ("cost", trend.cost_change_pct),
        ("median latency", trend.latency_change_pct),
    ]
    said = [
        f"{what} {signed(finding, figures, f'{what} change', value)}" for what, value in changes if value is not None
    ]
    if not said:
        return "The earlier half of the complete steps has nothing to compare with."
    return f"Later half of the complete steps against the earlier half, per step: {', '.join(said)}."


def signed(finding: Finding, figures: Figures, what: str, value: float | None, unit: Unit = "%") -> str:
    """The value with a plus where it grew."""
    text = figures.say(finding, what, value, unit)
    return text if value is None or value < 0 or text == NOTHING else f"+{text}"


def _unlisted(finding: Finding, figures: Figures, total: int, listed: int) -> list[str]:
    if total <= listed:
        return []
    return [f"The table lists the first of {figures.say(finding, 'groups', total)} groups; the totals are over all."]

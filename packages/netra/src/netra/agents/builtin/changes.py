"""The sections on what changed and on what stands out."""

from netra.agents.builtin.figures import Figures, Unit, name, table
from netra.agents.builtin.periods import moment
from netra.agents.builtin.sections import signed
from netra.agents.findings import Finding
from netra.analytics.queries.anomalies import Anomalies, Anomaly, Metric
from netra.analytics.queries.drivers import ChangeDrivers, Contribution, DriverMetric

UNITS: dict[DriverMetric | Metric, Unit] = {
    "cost": "USD",
    "requests": "requests",
    "tokens": "tokens",
    "latency": "ms",
    "errors": "requests",
}
REASONS: dict[DriverMetric, tuple[tuple[str, str], ...]] = {
    "cost": (
        ("volume", "number of requests"),
        ("mix", "mix of workloads and models"),
        ("size", "tokens a request"),
        ("price", "cost a token"),
    ),
    "requests": (("volume", "number of requests"), ("mix", "mix of workloads and models")),
    "tokens": (("volume", "number of requests"), ("mix", "mix of workloads and models"), ("size", "tokens a request")),
    "latency": (("mix", "mix of workloads and models"), ("size", "slower or faster requests")),
}
TITLES: dict[DriverMetric, str] = {
    "cost": "Cost",
    "requests": "Requests",
    "tokens": "Tokens",
    "latency": "Mean latency",
}
LEFT_OUT: dict[DriverMetric, str] = {"cost": "a known price", "latency": "a latency"}


def change(finding: Finding, figures: Figures) -> str:
    """What changed between two periods, and what drove it."""
    found = ChangeDrivers.model_validate(finding.result)
    if found.before is None or found.after is None or found.parts is None:
        return f"**{TITLES[found.metric]}: no comparison.** {_missing(finding, figures, found)}"
    unit = UNITS[found.metric]
    say = figures.say
    percent = f" ({signed(finding, figures, 'change_pct', found.change_pct)})" if found.change_pct is not None else ""
    amount = signed(finding, figures, "change", found.change, unit)
    sides = f"{say(finding, 'before', found.before, unit)} before, {say(finding, 'after', found.after, unit)} after"
    parts = [
        f"**{TITLES[found.metric]} changed by {amount}{percent}**: {sides}.{_mostly(finding, figures, found)}",
        _reasons(finding, figures, found, found.parts),
        _drivers(finding, figures, found),
    ]
    if found.left_out_before or found.left_out_after:
        parts.append(_missing(finding, figures, found))
    return "\n\n".join(parts)


def _mostly(finding: Finding, figures: Figures, found: ChangeDrivers) -> str:
    """The largest reason and the largest driver, in a sentence."""
    if not found.parts or not found.drivers or not found.change:
        return ""
    values = found.parts.model_dump()
    towards = 1 if found.change > 0 else -1
    key, words = max(REASONS[found.metric], key=lambda reason: values[reason[0]] * towards)
    first = max(found.drivers, key=lambda d: d.contribution.total * towards)
    unit = UNITS[found.metric]
    why = signed(finding, figures, f"contribution[{key}]", values[key], unit)
    part = signed(finding, figures, f"contribution[{first.workload}/{first.model}]", first.contribution.total, unit)
    return (
        f" The main reason: {words} ({why}); the main driver: {name(first.workload)} on {name(first.model)} ({part})."
    )


def _missing(finding: Finding, figures: Figures, found: ChangeDrivers) -> str:
    before = figures.say(finding, "requests_before", found.requests_before, "requests")
    after = figures.say(finding, "requests_after", found.requests_after, "requests")
    sentence = f"The earlier period has {before} requests, the later one {after}."
    if found.metric in LEFT_OUT:
        before = figures.say(finding, "left_out_before", found.left_out_before, "requests")
        after = figures.say(finding, "left_out_after", found.left_out_after, "requests")
        sentence += f" Without {LEFT_OUT[found.metric]}, and so left out: {before} and {after}."
    return sentence


def _reasons(finding: Finding, figures: Figures, found: ChangeDrivers, parts: Contribution) -> str:
    values = parts.model_dump()
    rows = [
        [words, signed(finding, figures, f"contribution[{key}]", values[key], UNITS[found.metric])]
        for key, words in REASONS[found.metric]
    ]
    return table(["reason", "contribution"], rows)


def _drivers(finding: Finding, figures: Figures, found: ChangeDrivers) -> str:
    unit = UNITS[found.metric]
    rows: list[list[str]] = []
    for d in found.drivers:
        key = f"{d.workload}/{d.model}"
        rows.append(
            [
                f"{name(d.workload)} on {name(d.model)}",
                figures.say(finding, f"before[{key}]", d.before, unit),
                figures.say(finding, f"after[{key}]", d.after, unit),
                signed(finding, figures, f"contribution[{key}]", d.contribution.total, unit),
                figures.say(finding, f"share[{key}]", d.share_pct, "%"),
            ]
        )
    if found.others:
        rest = signed(finding, figures, "contribution[others]", found.others.total, unit)
        rows.append(["all others", "", "", rest, ""])
    return table(["driver", "before", "after", "contribution", "share of change"], rows)


def anomalies(finding: Finding, figures: Figures) -> str:
    """Which steps of time stand out."""
    found = Anomalies.model_validate(finding.result)
    say = figures.say
    what = f"{found.metric} by {found.step}"
    judged = say(finding, "judged_steps", found.judged_steps)
    if found.judged_steps < found.min_steps:
        least = say(finding, "min_steps", found.min_steps)
        return f"**Anomalies in {what}: not judged.** {judged} complete steps are too few; {least} are needed."
    z_limit = say(finding, "z_limit", found.z_limit, "deviations")
    method = (
        f"Method: at least {z_limit} standard deviations from the mean (z), "
        f"or outside the quartiles by more than {say(finding, 'iqr_factor', found.iqr_factor, 'ratio')} their distance "
        f"(iqr), over {judged} complete steps."
    )
    count = say(finding, "found", found.found_total)
    if not found.found_total:
        return f"**Anomalies in {what}: {count}.** Nothing stands out.\n\n{method}"
    rows = [_row(finding, figures, a, UNITS[found.metric]) for a in found.found]
    header = ["from", found.metric, "z", "against the median", "method"]
    return "\n\n".join([f"**Anomalies in {what}: {count}.**", table(header, rows), method])


def _row(finding: Finding, figures: Figures, anomaly: Anomaly, unit: Unit) -> list[str]:
    at = moment(anomaly.at)
    return [
        at,
        figures.say(finding, f"value[{at}]", anomaly.value, unit),
        figures.say(finding, f"z[{at}]", anomaly.z, "deviations"),
        figures.say(finding, f"ratio_to_median[{at}]", anomaly.ratio_to_median, "ratio"),
        ", ".join(anomaly.methods),
    ]

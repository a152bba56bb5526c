"""Which tools answer a question."""

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, JsonValue

from netra.agents.builtin.ask import Ask, resolve
from netra.agents.builtin.failures import statement
from netra.agents.builtin.intent import Intent
from netra.agents.builtin.standings import PLACES
from netra.agents.builtin.supposed import smaller
from netra.agents.builtin.words import Topic
from netra.agents.findings import Finding
from netra.analytics.queries.anomalies import Metric
from netra.analytics.queries.correlate import Quantity
from netra.analytics.queries.profile import DataProfile

JUDGED: dict[Topic, Metric] = {
    "cost": "cost",
    "requests": "requests",
    "tokens": "tokens",
    "latency": "latency",
    "errors": "errors",
}
"""The topics in which anomalies can be looked for, and the metric of each."""
QUANTITIES: dict[str, tuple[Quantity, ...]] = {
    r"\brequests?\b|\btraffic\b|\bvolume\b|\bload\b": ("requests",),
    r"\berrors?\b|\bfail": ("errors",),
    r"\binput\b|\bprompts?\b|\bcontext\b": ("input_tokens",),
    r"\boutput\b|\banswers?\b|\bresponses? (?:length|size)": ("output_tokens",),
    r"\bcosts?\b|\bspend": ("cost",),
    r"\blatenc|\bslow|\bfast|\bspeed|\bresponse times?": ("latency",),
}
SINGLE = frozenset({"input_tokens", "output_tokens", "cost", "latency"})
"""What a single request has."""
STATEMENT = re.compile(r"\bselect\b.*", re.IGNORECASE | re.DOTALL)
MOST_CANDIDATES = 20


class Call(BaseModel):
    """One tool to call."""

    model_config = ConfigDict(frozen=True)

    tool: str
    arguments: dict[str, JsonValue]


def lookup(intent: Intent, data: DataProfile) -> Call | None:
    """The call that tells whom the question is about; None when it does not leave that to the data."""
    if intent.standing is None:
        return None
    place = PLACES[intent.standing]
    return Call(tool=place.tool, arguments={**_scope(resolve(intent, data)), "by": place.kind})


def meant(intent: Intent, data: DataProfile, findings: Sequence[Finding]) -> str:
    """Whom the question is about, as far as it was looked up; else empty."""
    call = lookup(intent, data)
    if call is None or intent.standing is None:
        return ""
    made = (f for f in findings if f.status == "ok" and (f.tool, f.arguments) == (call.tool, call.arguments))
    found = next(made, None)
    return PLACES[intent.standing].first(found.result) if found else ""


def calls(intent: Intent, profile: JsonValue, findings: Sequence[Finding] = ()) -> tuple[Call, ...]:
    """The calls that answer the question, when `data_profile` of all data gave this; empty when none can.

    What a name such as “the most expensive model” means is looked up first, and read from the findings.
    """
    data = DataProfile.model_validate(profile)
    if not intent.needs_data or not data.requests:
        return ()
    who, first = meant(intent, data, findings), lookup(intent, data)
    ask = resolve(intent, data, who)
    found = [Call(tool="data_profile", arguments=_scope(ask))] if ask.narrowed else []
    if first:
        found.append(first)
        if not who:
            return tuple(found)
    if ask.wants_advice:
        found += _ground(ask)
    for topic in ask.topics:
        if not _told_by_another(topic, ask):
            found += _calls(topic, ask, data)
    return tuple({(c.tool, repr(c.arguments)): c for c in found}.values())


def _calls(topic: Topic, ask: Ask, data: DataProfile) -> list[Call]:
    match topic:
        case "cost":
            return [_grouped("cost_breakdown", ask, data)]
        case "latency" | "errors":
            return [_grouped("latency_percentiles", ask, data)]
        case "tokens" | "requests":
            return [_grouped("token_statistics", ask, data)]
        case "trend":
            return [Call(tool="usage_over_time", arguments={**_scope(ask), "step": ask.step})]
        case "change":
            return [_change(ask)]
        case "anomalies":
            return [Call(tool="anomalies", arguments=_judged(ask, metric)) for metric in _metrics(ask, data)]
        case "overview":
            return [_grouped(tool, ask, data) for tool in ("token_statistics", "cost_breakdown")]
        case "models":
            return [Call(tool="compare_models", arguments={**_scope(ask), "candidates": _candidates(ask, data)})]
        case "what_if":
            return [Call(tool="what_if", arguments={**_scope(ask), **ask.supposed})] if ask.supposed else []
        case "forecast":
            return [Call(tool="forecast_cost", arguments={**_names(ask), "horizon_days": ask.horizon_days})]
        case "budget":
            return [Call(tool="budget_burn", arguments=_month(ask))]
        case "correlation":
            return [_correlation(ask)]
        case "failure_cost":
            return [Call(tool="sql_query", arguments={**_scope(ask), "sql": statement(ask.group)})]
        case "sql":
            return [Call(tool="sql_query", arguments={"sql": _statement(ask.question)})]


def _told_by_another(topic: Topic, ask: Ask) -> bool:
    """Whether the topic only says of what another one is asked: a change of cost is no question of what it cost."""
    if topic in ("cost", "latency", "tokens", "requests"):
        if topic == "cost" and "models" in ask.topics and not ask.wants_advice:
            return len(ask.candidates) != 1 and not ask.models
        return "change" in ask.topics or "anomalies" in ask.topics or ("trend" in ask.topics and _in_steps(topic, ask))
    return topic == "trend" and "change" in ask.topics


def _in_steps(topic: Topic, ask: Ask) -> bool:
    return topic == "requests" and ask.group in (None, "day")


def _ground(ask: Ask) -> list[Call]:
    """What advice stands on: where the money goes, and what requests look like."""
    scope = _scope(ask)
    return [
        Call(tool="cost_breakdown", arguments={**scope, "by": "model"}),
        Call(tool="token_statistics", arguments={**scope, "by": "model"}),
    ]


def _candidates(ask: Ask, data: DataProfile) -> list[JsonValue]:
    """The models named; else those of the data, each with the next smaller one of its family."""
    if len(ask.candidates) > 1:
        return list(ask.candidates[:MOST_CANDIDATES])
    used = [m.name for m in data.models][: MOST_CANDIDATES // 2]
    return list(dict.fromkeys([*ask.candidates, *used, *(s for model in used if (s := smaller(model)))]))


def _month(ask: Ask) -> dict[str, JsonValue]:
    month: dict[str, JsonValue] = {"month": f"{ask.span.start:%Y-%m}"} if ask.span else {}
    return month | ({"monthly_usd": ask.budget_usd} if ask.budget_usd else {})


def _correlation(ask: Ask) -> Call:
    """Sizes, cost and latency are compared from request to request; what only a step of time has, over time."""
    named = [q for words, found in QUANTITIES.items() if re.search(words, ask.question, re.IGNORECASE) for q in found]
    if re.search(r"\btokens?\b", ask.question, re.IGNORECASE) and not {"input_tokens", "output_tokens"} & set(named):
        named += ["input_tokens", "output_tokens"]
    if "latency" in ask.topics:
        named = ["input_tokens", "output_tokens", "latency"]
    pair = named if len(named) > 1 else []
    level = "request" if pair and set(pair) <= SINGLE else "step"
    return Call(tool="correlate", arguments={**_scope(ask), "level": level, "quantities": list[JsonValue](pair)})


def _statement(question: str) -> str:
    found = STATEMENT.search(question)
    return found[0].strip().strip("`").rstrip(";").strip() if found else ""


def _scope(ask: Ask) -> dict[str, JsonValue]:
    scope: dict[str, JsonValue] = {}
    if ask.span:
        scope |= {"start": ask.span.start.isoformat(), "end": ask.span.end.isoformat()}
    return scope | _names(ask)


def _names(ask: Ask) -> dict[str, JsonValue]:
    names: dict[str, JsonValue] = {}
    if ask.workloads:
        names["workloads"] = list(ask.workloads)
    if ask.models:
        names["models"] = list(ask.models)
    return names


def _grouped(tool: str, ask: Ask, data: DataProfile) -> Call:
    """Without a group in the question: by workload where there are several, else by model."""
    usual = "workload" if len(data.workloads) > 1 and len(ask.workloads) != 1 else "model"
    return Call(tool=tool, arguments={**_scope(ask), "by": ask.group or usual})


def _change(ask: Ask) -> Call:
    arguments: dict[str, JsonValue] = {"metric": ask.metric, **_names(ask)}
    for name, span in (("baseline", ask.baseline), ("current", ask.current)):
        if span:
            arguments |= {f"{name}_start": span.start.isoformat(), f"{name}_end": span.end.isoformat()}
    return Call(tool="change_drivers", arguments=arguments)


def _judged(ask: Ask, metric: Metric) -> dict[str, JsonValue]:
    return {**_scope(ask), "step": ask.step, "metric": metric}


def _metrics(ask: Ask, data: DataProfile) -> list[Metric]:
    """Those the question names; else cost where there are prices, requests, and latency where it was measured."""
    named: list[Metric] = [JUDGED[topic] for topic in ask.topics if topic in JUDGED]
    if named:
        return named
    usual: list[tuple[Metric, int]] = [("cost", data.priced), ("requests", data.requests), ("latency", data.measured)]
    return [metric for metric, count in usual if count]

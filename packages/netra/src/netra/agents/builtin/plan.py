"""Which tools answer a question."""

from pydantic import BaseModel, ConfigDict, JsonValue

from netra.agents.builtin.ask import Ask, resolve
from netra.agents.builtin.intent import Intent
from netra.agents.builtin.words import Topic
from netra.analytics.queries.anomalies import Metric
from netra.analytics.queries.profile import DataProfile

JUDGED: dict[Topic, Metric] = {
    "cost": "cost",
    "requests": "requests",
    "tokens": "tokens",
    "latency": "latency",
    "errors": "errors",
}
"""The topics in which anomalies can be looked for, and the metric of each."""


class Call(BaseModel):
    """One tool to call."""

    model_config = ConfigDict(frozen=True)

    tool: str
    arguments: dict[str, JsonValue]


def calls(intent: Intent, profile: JsonValue) -> tuple[Call, ...]:
    """The calls that answer the question, when `data_profile` of all data gave this; empty when none can."""
    data = DataProfile.model_validate(profile)
    if not intent.needs_data or not data.requests:
        return ()
    ask = resolve(intent, data)
    found = [Call(tool="data_profile", arguments=_scope(ask))] if ask.narrowed else []
    for topic in ask.topics:
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

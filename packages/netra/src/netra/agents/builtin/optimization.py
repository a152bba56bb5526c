"""Which changes are worth an estimate, from the figures that data collected; and how the estimates rank. Pure."""

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, JsonValue

from netra.agents.builtin.plan import Call
from netra.agents.builtin.supposed import smaller
from netra.agents.builtin.words import percent
from netra.agents.findings import Finding
from netra.analytics.queries.cost import CostBreakdown
from netra.analytics.queries.tokens import TokenStatistics
from netra.analytics.queries.what_if import Kind, WhatIf

DEAR_PCT = 15
"""From this share of the whole cost on, a model is worth a look."""
DEAREST = 2
CAN_WAIT_PCT = 20
"""Of requests that nobody waits for, when nothing is known about them."""
NARROWING = ("start", "end", "workloads", "models")
GOAL = re.compile(
    r"\b(?:by|sav\w{1,4}|least|cut\w{0,4}|of)\b[^.?!]{0,40}?\d{1,3}(?:\.\d{1,4})?\s{0,3}(?:%|percent\b)", re.IGNORECASE
)
WHY: dict[Kind, str] = {
    "route_by_difficulty": "I estimate what routing easy requests to a smaller model would save.",
    "prompt_caching": "I estimate what prompt caching would save.",
    "batching": "I estimate what sending what can wait in batches would save.",
    "output_cap": "I estimate what a cap on output tokens would save.",
    "move_share": "I estimate what moving requests to another model would save.",
}
COMPARING = "I compare the models at an equal mix of tokens."


class Strategy(BaseModel):
    """One change that saves, and the call that estimated it."""

    model_config = ConfigDict(frozen=True)

    call_id: str
    kind: Kind
    arguments: dict[str, JsonValue]
    saving_usd: float
    low_usd: float
    high_usd: float
    pct: float | None
    risk: str


def to_try(findings: Sequence[Finding]) -> tuple[Call, ...]:
    """The estimates to make: for the dearest models, and for all requests in scope."""
    cost = _last(findings, "cost_breakdown", by="model")
    if cost is None:
        return ()
    scope = {key: cost.arguments[key] for key in NARROWING if key in cost.arguments}
    dear = _dear(CostBreakdown.model_validate(cost.result))
    pairs = [(model, smaller(model)) for model in dear if smaller(model)]
    made = [_what_if(scope, "route_by_difficulty", from_model=model, to_model=to) for model, to in pairs]
    made += [_what_if(scope, "prompt_caching"), _what_if(scope, "batching", share_pct=CAN_WAIT_PCT)]
    made += _capped(scope, dear, _last(findings, "token_statistics", by="model"))
    if dear:
        candidates: list[JsonValue] = list(dict.fromkeys([*dear, *(to for _, to in pairs)]))
        made.append(Call(tool="compare_models", arguments={**scope, "candidates": candidates}))
    return tuple(made)


def ranked(findings: Sequence[Finding]) -> tuple[tuple[Strategy, WhatIf], ...]:
    """The estimates that save anything, the largest expected saving first."""
    done = [(f, WhatIf.model_validate(f.result)) for f in findings if f.tool == "what_if" and f.status == "ok"]
    saving = [(_strategy(f, found), found) for f, found in done if found.possible and found.saving.usd > 0]
    return tuple(sorted(saving, key=lambda pair: -pair[0].saving_usd))


def goal_pct(question: str) -> float | None:
    """The percentage that the person wants to save; None when no goal is named."""
    found = GOAL.search(question)
    return percent(found[0]) if found else None


def _strategy(finding: Finding, found: WhatIf) -> Strategy:
    return Strategy(
        call_id=finding.call_id,
        kind=found.kind,
        arguments=finding.arguments,
        saving_usd=float(found.saving.usd),
        low_usd=float(found.saving.low_usd),
        high_usd=float(found.saving.high_usd),
        pct=found.saving.pct,
        risk=found.quality_risk.level,
    )


def _dear(cost: CostBreakdown) -> list[str]:
    return [g.key for g in cost.groups if (g.share_pct or 0) >= DEAR_PCT][:DEAREST]


def _capped(scope: dict[str, JsonValue], dear: Sequence[str], tokens: Finding | None) -> list[Call]:
    """Answers of the dearest model cut at the length that nine of ten keep."""
    if tokens is None or not dear:
        return []
    groups = {g.key: g for g in TokenStatistics.model_validate(tokens.result).groups}
    cap = round(groups[dear[0]].output_p90) if dear[0] in groups else 0
    return [_what_if(scope, "output_cap", from_model=dear[0], max_output_tokens=cap)] if cap else []


def _what_if(scope: dict[str, JsonValue], kind: Kind, **given: JsonValue) -> Call:
    return Call(tool="what_if", arguments={**scope, "kind": kind, **given})


def _last(findings: Sequence[Finding], tool: str, *, by: str) -> Finding | None:
    fits = (f for f in reversed(findings) if f.tool == tool and f.status == "ok" and f.arguments.get("by") == by)
    return next(fits, None)

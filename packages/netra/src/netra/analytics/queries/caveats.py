"""What a what-if assumes and what it risks, in sentences beside their numbers; pure."""

from collections.abc import Sequence

from netra.analytics.quantities import share_pct
from netra.analytics.queries.assumptions import Assumption
from netra.analytics.queries.mix import Part
from netra.analytics.queries.savings import (
    ASKED_AGAIN_PCT,
    BATCHED_LOW_PCT,
    HIT_BAND_PCT,
    MIN_CACHED_TOKENS,
    MISROUTED_PCT,
    OUTPUT_BAND_PCT,
    ROUTED_PCT,
    Prices,
)
from netra.analytics.queries.what_if import Kind, QualityRisk, Risk, WhatIfQuestion

LIST_PRICES = Assumption(text="Prices are today's list prices of the public catalogue; your contract may differ.")
AS_PAID = Assumption(text="What the list price saves is scaled by what was really paid for these requests.")
MONTH = Assumption(text="A month is 30 days that go on like the data's period.", value=30, unit="days")
FEW_CUT, MANY_CUT = 5.0, 20.0
"""Percentages of cut answers from which the risk is medium, and high."""
MUCH_CHEAPER = 4
"""A model that costs less than a quarter is usually a smaller one, of which less can be expected."""


def assumptions(asked: WhatIfQuestion) -> tuple[Assumption, ...]:
    """Everything that the estimate of this question takes for granted."""
    return (*_of_kind(asked), LIST_PRICES, MONTH)


def _of_kind(asked: WhatIfQuestion) -> tuple[Assumption, ...]:
    match asked.kind:
        case "move_share":
            return (
                _said(f"{asked.share_pct:g} % of the requests move, alike in every kind of request.", asked.share_pct),
                _as_many_tokens(),
            )
        case "route_by_difficulty":
            return (*_easy(asked), *_router(), _as_many_tokens())
        case "prompt_caching":
            return (*_cache(asked), AS_PAID)
        case "batching":
            return (
                _said(f"{asked.share_pct:g} % of the requests can wait up to a day.", asked.share_pct),
                _said(f"At worst {BATCHED_LOW_PCT} % of these are done in time.", BATCHED_LOW_PCT),
                AS_PAID,
            )
        case "output_cap":
            cap = asked.max_output_tokens or 0
            return (
                Assumption(text=f"Answers end after {cap} output tokens.", value=cap, unit="tokens"),
                _said(f"At worst {ASKED_AGAIN_PCT} % of the cut answers are asked for again in full.", ASKED_AGAIN_PCT),
                AS_PAID,
            )


def _said(text: str, value: float) -> Assumption:
    return Assumption(text=text, value=value, unit="%")


def _as_many_tokens() -> Assumption:
    text = f"The other model reads the same tokens and writes as many, give or take {OUTPUT_BAND_PCT} %."
    return _said(text, OUTPUT_BAND_PCT)


def _easy(asked: WhatIfQuestion) -> tuple[Assumption, ...]:
    reads, writes = asked.easy_input_tokens or 0, asked.easy_output_tokens or 0
    return (
        Assumption(text=f"A request is easy if it reads at most {reads} tokens", value=reads, unit="tokens"),
        Assumption(text=f"and its answer has at most {writes} tokens.", value=writes, unit="tokens"),
    )


def _router() -> tuple[Assumption, ...]:
    least, usual, most = ROUTED_PCT
    return (
        _said(f"A router finds {usual} % of the easy requests;", usual),
        _said(f"at worst {least} %,", least),
        _said(f"at best {most} %.", most),
        _said(f"At worst {MISROUTED_PCT} % of what it routes is answered by the first model again.", MISROUTED_PCT),
    )


def _cache(asked: WhatIfQuestion) -> tuple[Assumption, ...]:
    share, hits = asked.cached_prefix_pct, asked.hit_rate_pct
    shortest = f"Prompts below {MIN_CACHED_TOKENS} tokens are not cached."
    return (
        _said(f"{share:g} % of each prompt repeats from request to request.", share),
        _said(f"{hits:g} % of the requests find it in the cache,", hits),
        Assumption(text=f"give or take {HIT_BAND_PCT} percentage points.", value=HIT_BAND_PCT, unit="%"),
        Assumption(text=shortest, value=MIN_CACHED_TOKENS, unit="tokens"),
    )


def quality_risk(asked: WhatIfQuestion, parts: Sequence[Part], prices: Prices) -> QualityRisk:
    """What the change may do to the answers, as far as usage data can tell."""
    match asked.kind:
        case "prompt_caching":
            return QualityRisk(level="none", why="The same model reads the same prompt; answers do not change.")
        case "batching":
            return QualityRisk(
                level="low", why="The same model answers, but up to a day later: only for work that nobody waits for."
            )
        case "output_cap":
            return _cut_risk(parts)
        case "move_share" | "route_by_difficulty":
            return QualityRisk(level=_move_level(asked.kind, asked, parts, prices), why=_move_why(asked.kind))


def _cut_risk(parts: Sequence[Part]) -> QualityRisk:
    cut = share_pct(sum(p.requests for p in parts if p.long), sum(p.requests for p in parts)) or 0.0
    level: Risk = "low" if cut < FEW_CUT else "medium" if cut < MANY_CUT else "high"
    return QualityRisk(
        level=level,
        why="Answers longer than the cap end in the middle, unless the prompt makes them shorter.",
        cut_answers_pct=cut,
    )


def _move_level(kind: Kind, asked: WhatIfQuestion, parts: Sequence[Part], prices: Prices) -> Risk:
    own, target = prices.own.get(asked.from_model), prices.target
    mine = [part for part in parts if part.model == asked.from_model]
    if own is None or target is None:
        return "medium"
    before, after = sum(part.at(own) for part in mine), sum(part.at(target) for part in mine)
    level: Risk = "low" if after >= before else "high" if after * MUCH_CHEAPER < before else "medium"
    return "medium" if kind == "route_by_difficulty" and level == "high" else level


def _move_why(kind: Kind) -> str:
    which = "Easy requests go" if kind == "route_by_difficulty" else "Requests go"
    return f"{which} to another model; usage data does not show how good its answers are. Try it on real ones first."

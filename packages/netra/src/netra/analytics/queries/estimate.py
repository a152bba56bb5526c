"""The what-if itself: reads the mix and the prices, and adds up what each part of it would save."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from netra.analytics.list_prices import list_prices
from netra.analytics.quantities import USD_STEP, share_pct
from netra.analytics.queries.caveats import assumptions, quality_risk
from netra.analytics.queries.mix import MOST_PARTS, NO_CAP, Cuts, Part, mix
from netra.analytics.queries.profile import DAY
from netra.analytics.queries.savings import MIN_CACHED_TOKENS, Prices, Range, saving, touches
from netra.analytics.queries.what_if import QualityRisk, Saving, SavingLine, WhatIf, WhatIfQuestion
from netra.analytics.scope import QUERIES, Frozen, TenantReader

MONTH_DAYS = 30
LISTED = 20
NOTHING: dict[str, str] = {
    "move_share": "none of its requests has a recorded cost",
    "route_by_difficulty": "none of its requests is that easy",
    "prompt_caching": "no request is long enough for a cache, or the catalogue has no price for cached tokens",
    "batching": "the catalogue has no batch price for these models",
    "output_cap": "no answer is longer than the cap",
}


class _Model(Frozen):
    requests: int
    errors: int


async def what_if(reader: TenantReader, asked: WhatIfQuestion, now: datetime) -> WhatIf:
    """Estimate the change at the list prices of `now`."""
    span = (await reader.rows(QUERIES["span"], asked))[0]
    everyone = asked.model_copy(update={"models": ()})
    rows = await reader.rows(QUERIES["observed"], everyone, most=MOST_PARTS)
    seen = {row["model_name"]: _Model(requests=row["requests"], errors=row["errors"]) for row in rows}
    mine = {name for name in seen if not asked.models or name in asked.models}
    listed = list_prices({*mine, *filter(None, [asked.to_model])}, now)
    prices = Prices(own=listed, target=listed.get(asked.to_model))
    if refusal := _refusal(asked, mine, prices):
        return _estimated(asked, [], prices, span, why_not=refusal)
    easy = await _easy(reader, asked)
    cuts = Cuts(
        prices=listed.values(),
        also=(MIN_CACHED_TOKENS - 1,),
        easy_input=easy.easy_input_tokens or 0,
        easy_output=easy.easy_output_tokens or 0,
        cap=asked.max_output_tokens or NO_CAP,
    )
    found = _estimated(easy, await mix(reader, asked, cuts), prices, span, why_not="")
    was, target = seen.get(asked.from_model), seen.get(asked.to_model)
    evidence = {
        "from_error_pct": share_pct(was.errors, was.requests) if was else None,
        "to_error_pct": share_pct(target.errors, target.requests) if target else None,
        "to_requests": (target.requests if target else 0) if asked.to_model else None,
    }
    return found.model_copy(update={"quality_risk": found.quality_risk.model_copy(update=evidence)})


def _refusal(asked: WhatIfQuestion, mine: set[str], prices: Prices) -> str:
    if not mine:
        return "there are no requests in scope"
    if asked.from_model and asked.from_model not in mine:
        return f"{asked.from_model} has no requests in scope; those that have: {', '.join(sorted(mine)[:LISTED])}"
    if asked.to_model and prices.target is None:
        return f"the price catalogue knows no price of {asked.to_model}"
    return ""


async def _easy(reader: TenantReader, asked: WhatIfQuestion) -> WhatIfQuestion:
    """The question with both limits of an easy request: the model's medians, unless asked otherwise."""
    if asked.kind != "route_by_difficulty":
        return asked
    row = (await reader.rows(QUERIES["typical"], asked, {"model": asked.from_model}))[0]
    return asked.model_copy(
        update={
            "easy_input_tokens": asked.easy_input_tokens or round(row["input_median"]),
            "easy_output_tokens": asked.easy_output_tokens or round(row["output_median"]),
        }
    )


def _estimated(
    asked: WhatIfQuestion, parts: Sequence[Part], prices: Prices, span: dict[str, Any], *, why_not: str
) -> WhatIf:
    touched = [(part, saving(part, asked, prices)) for part in parts if touches(part, asked, prices)]
    reason = why_not or ("" if touched else NOTHING[asked.kind])
    whole = sum((part.cost for part in parts), Decimal(0))
    total = sum((found for _, found in touched), Range())
    days = _days(asked, span)
    return WhatIf(
        kind=asked.kind,
        possible=not reason,
        why_not=reason,
        days=days,
        requests=span["requests"],
        unpriced=sum(part.requests for part in parts if not part.priced),
        affected_requests=sum(part.requests for part, _ in touched),
        cost_usd=whole,
        affected_cost_usd=sum((part.cost for part, _ in touched), Decimal(0)),
        cost_after_usd=_usd(whole - total.expected),
        saving=_saving(total, whole, days),
        lines=_lines(touched),
        assumptions=() if reason else assumptions(asked),
        quality_risk=QualityRisk(level="none", why=reason) if reason else quality_risk(asked, parts, prices),
    )


def _days(asked: WhatIfQuestion, span: dict[str, Any]) -> float:
    if asked.start and asked.end:
        return (asked.end - asked.start) / DAY
    return (span["last_at"] - span["first_at"]) / DAY if span["requests"] else 0.0


def _saving(total: Range, whole: Decimal, days: float) -> Saving:
    monthly = Decimal(str(MONTH_DAYS / days)) if days >= 1 else None
    return Saving(
        usd=_usd(total.expected),
        low_usd=_usd(total.low),
        high_usd=_usd(total.high),
        pct=share_pct(total.expected, whole),
        low_pct=share_pct(total.low, whole),
        high_pct=share_pct(total.high, whole),
        monthly_usd=None if monthly is None else _usd(total.expected * monthly),
        monthly_low_usd=None if monthly is None else _usd(total.low * monthly),
        monthly_high_usd=None if monthly is None else _usd(total.high * monthly),
    )


def _lines(touched: Sequence[tuple[Part, Range]]) -> tuple[SavingLine, ...]:
    by_name: dict[tuple[str, str], list[tuple[Part, Range]]] = defaultdict(list)
    for part, found in touched:
        by_name[part.workload, part.model].append((part, found))
    lines = [
        SavingLine(
            workload=workload,
            model=model,
            requests=sum(part.requests for part, _ in group),
            cost_usd=sum((part.cost for part, _ in group), Decimal(0)),
            saving_usd=_usd(sum((found.expected for _, found in group), Decimal(0))),
        )
        for (workload, model), group in by_name.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.saving_usd, line.workload, line.model))[:LISTED])


def _usd(amount: Decimal) -> Decimal:
    return amount.quantize(USD_STEP)

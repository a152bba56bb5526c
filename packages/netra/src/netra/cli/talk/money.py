"""What a person used, as text."""

from netra.runs.usage import ModelUse
from netra.web.usage import Usage

BAR = "▁▂▃▄▅▆▇█"


def told(usage: Usage) -> str:
    """Totals, a bar a day, a line a model, and the day's budget."""
    total, budget = usage.total, usage.budget
    asked = f"{total.messages:,} questions, {total.calls:,} model calls"
    tokens = f"{total.input_tokens:,} input and {total.output_tokens:,} output tokens"
    used = f"{budget.tokens_used:,} of {budget.tokens_per_day:,} tokens"
    spent = f"${budget.cost_usd_used:.4f} of ${budget.cost_usd_per_day:,.2f}"
    lines = [
        f"{usage.since} to {usage.until}, plan {usage.plan}: {asked}, {tokens}, ${total.cost_usd:.4f}",
        f"questions a day  {bars([day.messages for day in usage.days])}",
        f"dollars a day    {bars([day.cost_usd for day in usage.days])}",
        *(_model(model) for model in usage.models),
        f"today {used} and {spent}; anew in {budget.resets_in_s / 3600:.1f} h",
    ]
    return "\n".join(lines)


def _model(model: ModelUse) -> str:
    unpriced = f", {model.unpriced:,} of them without a known price" if model.unpriced else ""
    return f"{model.provider}/{model.model}: {model.calls:,} calls, ${model.cost_usd:.4f}{unpriced}"


def bars(values: list[int] | list[float]) -> str:
    """One sign a value, the highest the greatest; what is not 0 never looks like nothing."""
    most = max(values, default=0)
    if most <= 0:
        return "·" * len(values)
    return "".join(BAR[min(int(value / most * len(BAR)), len(BAR) - 1)] if value > 0 else "·" for value in values)

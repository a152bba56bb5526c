"""What an estimate takes for granted, said beside it."""

from netra.analytics.scope import Frozen


class Assumption(Frozen):
    """One thing an estimate takes for granted; a number in `text` is also `value`, so that it can be checked."""

    text: str
    value: float | None = None
    unit: str = ""
    """Such as `%`, `tokens` or `days`; empty for a statement without a number."""

"""Writes figures: each number of an answer passes here and is kept with the call that it came from."""

from decimal import Decimal
from typing import Literal

from netra.agents.builtin.numbers import Number
from netra.agents.findings import Finding

Unit = Literal["count", "USD", "ms", "%", "tokens", "requests", "ratio", "deviations", "steps"]
Value = int | float | Decimal
NOTHING = "n/a"
SMALL_USD = 1
EXACT_USD = 4
"""Decimals of an amount of at least a dollar; smaller ones show up to 6, below a cent up to 10."""
CENT = 0.01


class Figures:
    """Turns values into text and remembers them in order."""

    def __init__(self) -> None:
        """Start empty."""
        self._numbers: list[Number] = []

    def say(self, finding: Finding, name: str, value: Value | None, unit: Unit = "count") -> str:
        """The value as text; “n/a”, and no number, when there is none."""
        if value is None:
            return NOTHING
        text = written(value, unit)
        kept = float(value) if isinstance(value, Decimal) else value
        self._numbers.append(
            Number(name=name, value=kept, unit=unit, tool=finding.tool, call_id=finding.call_id, text=text)
        )
        return text

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Every number said, each once."""
        return tuple(dict.fromkeys(self._numbers))


def written(value: Value, unit: Unit) -> str:
    """The value for people: thousands separated, rounded by unit."""
    match unit:
        case "USD":
            return _usd(float(value))
        case "ms":
            return f"{float(value):,.1f} ms"
        case "%":
            return f"{_plain(float(value), 1)} %"
        case "ratio":
            return f"{_plain(float(value), 2)} times"
        case _:
            return f"{value:,}" if isinstance(value, int) else _plain(float(value), 2)


def _plain(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _usd(value: float) -> str:
    sign = "-" if value < 0 else ""
    size = abs(value)
    if size >= SMALL_USD:
        return f"{sign}${size:,.{EXACT_USD}f}"
    return f"{sign}${_plain(size, 6 if size >= CENT else 10)}"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, text to the left and figures to the right."""
    lines = [header, [":--", *["--:"] * (len(header) - 1)], *[[_cell(c) for c in row] for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def name(text: str) -> str:
    """A name out of the data, marked as one, so that digits in it are not taken for a figure."""
    return f"`{text.replace('`', chr(39))}`"

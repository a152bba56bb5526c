"""Writes figures: each number of an answer passes here and is kept with the call that it came from.

What is said carries marks until the whole text is there. So the numbers can be listed in order of appearance, and a
number that no call stands behind is found by having no mark.
"""

import re
from decimal import Decimal
from typing import Literal, NamedTuple

from netra.agents.builtin.numbers import Number
from netra.agents.findings import Finding
from netra.errors import NetraError

Unit = Literal["count", "USD", "ms", "%", "tokens", "requests", "ratio", "deviations", "steps", "days", "r", "value"]
Value = int | float | Decimal
NOTHING = "n/a"
SMALL_USD = 1
EXACT_USD = 4
"""Decimals of an amount of at least a dollar; smaller ones show up to 6, below a cent up to 10."""
CENT = 0.01
LARGE = 1000
"""From here on, people read no decimals."""
MARKS = re.compile("[\ue000-\ue002]")
"""Private characters: no keyboard makes them, and names out of the data lose them."""
MARKED = re.compile("\ue000(\\d+)\ue001([^\ue000-\ue002]*)\ue002")
FIGURE = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
EXEMPT = re.compile(
    r"`[^`]*`|“[^”]*”|\d{4}-\d{2}(?:-\d{2})?(?:[ T]\d{2}:\d{2}(?::\d{2})?(?: UTC)?)?|\bp\d\d\b|of \d{4}\.$",
    re.MULTILINE,
)
"""Names out of the data, quoted words, dates, names of percentiles, the year of an assumption."""
CONTEXT = 40


class UnbackedNumberError(NetraError):
    """An answer holds a number that no tool call produced; it is not given."""

    code = "unbacked_number"


class Written(NamedTuple):
    """A text for people, and the numbers in it in order of appearance."""

    text: str
    numbers: tuple[Number, ...]


class Figures:
    """Turns values into marked text and remembers them."""

    def __init__(self) -> None:
        """Start empty."""
        self._numbers: list[Number] = []

    def say(self, finding: Finding, name: str, value: Value | None, unit: Unit = "count") -> str:
        """The value as text; “n/a”, and no number, when there is none."""
        if value is None:
            return NOTHING
        kept = float(value) if isinstance(value, Decimal) else value
        return self._marked(finding, (name, kept, unit), written(value, unit))

    def about(self, finding: Finding, name: str, value: Value | None, decimals: int = 2) -> str:
        """US dollars in so many decimals, for estimates and for columns that are compared; the value stays exact."""
        if value is None or 0 < abs(value) < Decimal(1).scaleb(-decimals):
            return self.say(finding, name, value, "USD")
        sign = "-" if value < 0 else ""
        return self._marked(finding, (name, float(value), "USD"), f"{sign}${abs(value):,.{decimals}f}")

    def prose(self, finding: Finding, name: str, text: str) -> str:
        """A sentence that the tool wrote, its figures kept as the tool's."""
        return FIGURE.sub(
            lambda found: self._marked(finding, (name, float(found[0].replace(",", "")), "count"), found[0]), text
        )

    def finish(self, text: str) -> Written:
        """Take the marks off. Raises UnbackedNumberError when a digit stands outside of all of them."""
        bare = EXEMPT.sub(" ", MARKED.sub(" ", text))
        stray = FIGURE.search(bare)
        if stray:
            around = bare[max(0, stray.start() - CONTEXT) : stray.end() + CONTEXT].strip()
            raise UnbackedNumberError(
                f"the answer held a number that no tool produced, so it is not given: … {around} …", where="reporting"
            )
        numbers = tuple(self._numbers[int(found[1])] for found in MARKED.finditer(text))
        return Written(text=MARKED.sub(r"\2", text), numbers=numbers)

    def _marked(self, finding: Finding, said: tuple[str, int | float, Unit], text: str) -> str:
        name, value, unit = said
        self._numbers.append(
            Number(name=name, value=value, unit=unit, tool=finding.tool, call_id=finding.call_id, text=text)
        )
        return f"\ue000{len(self._numbers) - 1}\ue001{text}\ue002"


def written(value: Value, unit: Unit) -> str:
    """The value for people: thousands separated, rounded by unit."""
    match unit:
        case "USD":
            return _usd(float(value))
        case "ms":
            return f"{float(value):,.{0 if abs(value) >= LARGE else 1}f} ms"
        case "%":
            return f"{_plain(float(value), 1)} %"
        case "ratio":
            return f"{_plain(float(value), 2)} times"
        case "days":
            return f"{_plain(float(value), 1)} days"
        case "value":
            return f"{value:,}" if isinstance(value, int) else _plain(float(value), 6)
        case _:
            return f"{value:,}" if isinstance(value, int) else _plain(float(value), 0 if abs(value) >= LARGE else 2)


def _plain(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _usd(value: float) -> str:
    sign = "-" if value < 0 else ""
    size = abs(value)
    if size >= LARGE:
        return f"{sign}${size:,.2f}"
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
    return f"`{MARKS.sub('', text).replace('`', chr(39))}`"


def quoted(text: str) -> str:
    """Somebody else's words, marked as such."""
    return f"“{MARKS.sub('', text).replace('”', chr(39))}”"

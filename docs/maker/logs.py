"""`logs.md`: the fields of a line of the log."""

from netra.settings.logs import FIELDS

from .markdown import code, page, table

INTRODUCTION = """\
# Log lines of netra

`netra web` and `netra worker` write one JSON object a line to stderr, their libraries' lines among them. A failure that
nobody caught is a line too. Secrets of the contract and signed tokens are masked wherever they appear.

A line has the fields below, as far as they apply, and whatever else its event needs."""


def made() -> str:
    """The page."""
    rows = ((code(f.name), f.when, f.meaning) for f in FIELDS)
    return page([INTRODUCTION], table(("field", "when", "meaning"), rows))

"""A worklog as Markdown and as one HTML file; both from templates over the same records."""

import json
import re
from collections.abc import Callable

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from goldenpath.worklog.model import Worklog
from goldenpath.worklog.picture import svg
from goldenpath.worklog.rivals import of_each_component
from goldenpath.worklog.words import action_words

VERDICTS = {"pass": "pass", "fail": "fail", "not_proven": "not proven"}


def markdown(worklog: Worklog) -> str:
    """The worklog as Markdown."""
    return template("worklog.md.j2").render(log=worklog)


def html(worklog: Worklog) -> str:
    """The worklog as one self-contained HTML file, light and dark."""
    blamed = [cause.component for cause in worklog.causes]
    picture = svg(worklog.edges, worklog.components, blamed)
    return _templates(escape=True).get_template("worklog.html.j2").render(log=worklog, picture=picture)


def template(name: str) -> Template:
    """A template of Markdown."""
    return _templates(escape=False).get_template(name)


def _templates(*, escape: bool) -> Environment:
    loader = PackageLoader("goldenpath.worklog", "templates")
    templates = Environment(
        loader=loader,
        autoescape=escape,  # noqa: S701 - Markdown is not HTML: its cells are cleaned by `_cell`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., object]] = {
        "verdict": VERDICTS.__getitem__,
        "action": action_words,
        "cell": _cell,
        "fenced": _fenced,
        "json": _json,
        "best": of_each_component,
    }
    templates.filters.update(filters)  # pyright: ignore[reportUnknownMemberType] - jinja2 leaves the dict untyped
    return templates


def _cell(text: str) -> str:
    """Text that cannot break a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def _fenced(text: str, language: str) -> str:
    """Text in a fence that nothing within it can close."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _json(value: object) -> str:
    """A value as JSON that people can read."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)

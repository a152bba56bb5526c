"""What a test's markers say of it, and whether a selection wants it."""

from pathlib import Path
from typing import Any

import pytest

from goldenpath.testing.lines import Source, TestInfo
from goldenpath.testing.nonce import nonce_of
from goldenpath.testing.target import Selection, Session

UNMARKED_PRIORITY = 9
UNMARKED = "other"
BOTH: tuple[Source, ...] = ("log", "rows")


def _argument(item: pytest.Item, marker: str, default: Any) -> Any:
    found = item.get_closest_marker(marker)
    return found.args[0] if found and found.args else default


def _sources(item: pytest.Item) -> tuple[Source, ...]:
    kind = _argument(item, "proof", "")
    if not kind:
        return BOTH
    if kind not in BOTH:
        message = f"{item.nodeid}: proof({kind!r}) is none of {', '.join(BOTH)}"
        raise pytest.UsageError(message)
    return (kind,)


def describe(item: pytest.Item, session: Session) -> TestInfo:
    """The test as its markers, the nearest first, describe it."""
    words = item.name.removeprefix("test_").split("[")[0].replace("_", " ")
    return TestInfo(
        id=item.nodeid,
        file=_relative(item.path, Path(session.project)),
        title=str(_argument(item, "title", words)),
        priority=int(_argument(item, "priority", UNMARKED_PRIORITY)),
        journey=str(_argument(item, "journey", "")),
        category=str(_argument(item, "category", UNMARKED)),
        nonce=nonce_of(session.mark, item.nodeid),
        sources=_sources(item),
    )


def _relative(path: Path, project: Path) -> str:
    return str(path.relative_to(project)) if path.is_relative_to(project) else str(path)


def is_selected(test: TestInfo, selection: Selection) -> bool:
    """Whether every part of the selection that restricts lets this test through."""
    return (
        (not selection.priorities or test.priority in selection.priorities)
        and (not selection.categories or test.category in selection.categories)
        and (not selection.journeys or test.journey in selection.journeys)
        and (selection.files is None or test.file in selection.files)
        and (selection.ids is None or test.id in selection.ids)
    )

"""The tagged union of what the plugin says while pytest runs, one JSON object a line."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from goldenpath.facts import Record

Outcome = Literal["passed", "failed", "error", "skipped", "not_run"]
Source = Literal["log", "rows"]


class TestInfo(Record):
    """One selected test, as its markers describe it."""

    __test__ = False

    id: str
    file: str
    """Path relative to the project."""
    title: str
    priority: int
    journey: str
    category: str
    nonce: str
    sources: tuple[Source, ...]
    """Where the nonce must be found."""


class Evidence(Record):
    """What the test process itself saw during one test."""

    responses: int = 0
    revisions: tuple[str, ...] = ()
    """Every different revision that answered."""
    peers: tuple[str, ...] = ()
    """Every different address that a socket of the process went to, `host:port`."""
    runs: int = 1
    """How often the test ran; more than once is a rerun."""
    substitutes: tuple[str, ...] = ()
    """Fixtures of the test that replace code or environment."""


class Collected(Record):
    """The tests of the suite are known."""

    type: Literal["collected"] = "collected"
    available: int
    tests: tuple[TestInfo, ...]


class CollectFailed(Record):
    """A file of the suite could not be loaded."""

    type: Literal["collect_failed"] = "collect_failed"
    id: str
    message: str


class Started(Record):
    """A test begins."""

    type: Literal["started"] = "started"
    id: str


class Finished(Record):
    """A test ended."""

    type: Literal["finished"] = "finished"
    id: str
    outcome: Outcome
    seconds: float
    message: str = ""
    evidence: Evidence = Evidence()


Line = Annotated[Collected | CollectFailed | Started | Finished, Field(discriminator="type")]
LINES: TypeAdapter[Line] = TypeAdapter(Line)


def append(path: Path, line: Line) -> None:
    """Append one line in one write, so that lines of several processes never mix."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.model_dump_json().encode() + b"\n")
    finally:
        os.close(descriptor)

"""The part of the manifest about tests: where they are, where their traces are, and which laws hold beside them."""

from pydantic import Field

from goldenpath.facts import Record
from goldenpath.manifest.names import Name


class RowsProof(Record):
    """Where an independent reader finds a test's nonce as a row; `$1` is the nonce."""

    component: Name
    sql: str


class LogProof(Record):
    """Which field of which component's JSON log carries a test's nonce."""

    component: Name
    field: str


class ProofSources(Record):
    """`[proof]`."""

    rows: RowsProof | None = None
    log: LogProof | None = None


class Invariant(Record):
    """`[[invariants]]`: a query of an independent reader that finds nothing while a law of the system holds."""

    name: Name
    statement: str
    """The law, in words."""
    component: Name
    sql: str
    """Returns one row for each breach."""


class Suite(Record):
    """`[suites.NAME]`: where tests are; markers in them carry priority, journey and category."""

    path: str
    sources: tuple[str, ...] = ()
    """Globs of source files whose change selects this suite."""
    workers: int = Field(default=2, ge=1, le=16)
    timeout_s: float = Field(default=300.0, gt=0)

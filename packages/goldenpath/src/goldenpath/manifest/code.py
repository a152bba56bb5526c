"""The part of the manifest about the system's own code."""

from pydantic import Field

from goldenpath.facts import Record


class CodeSpec(Record):
    """`[code]`: where the product's code is, and what it may do."""

    sources: tuple[str, ...] = (".",)
    """Folders and files of the product's Python code."""
    tests: tuple[str, ...] = (
        "*/tests/*",
        "tests/*",
        "*/test_*.py",
        "test_*.py",
        "*/conftest.py",
        "conftest.py",
        "e2e/*",
    )
    """Folders and patterns below them that are no product code."""
    readers: tuple[str, ...] = ()
    """Files and folders that may read the environment: the single source of truth."""
    moved: dict[str, str] = Field(default_factory=dict[str, str])
    """Modules and names that moved, dotted: the old one is a finding, and `goldenpath fix code` writes the new one."""
    ruff: tuple[str, ...] = ("F", "E9", "UP", "PLE", "ASYNC1", "S110", "DTZ")
    """Rules of ruff that count; none leaves ruff out."""
    layers: bool = False
    """Whether the contracts of import-linter, in the project's own configuration, count."""
    packages: tuple[str, ...] = ()
    """Folders with a pyproject.toml whose dependencies deptry holds against their imports."""
    baseline: str = "code-baseline.json"
    """The file of findings that are known and do not fail."""

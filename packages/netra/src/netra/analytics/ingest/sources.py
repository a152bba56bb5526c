"""Opens a usage file by the ending of its name."""

import csv
import importlib
from collections.abc import Mapping
from pathlib import Path

from netra.analytics.ingest.rows import Source
from netra.errors import InvalidError

READERS: Mapping[str, tuple[str, str]] = {
    ".csv": ("text_files", "CsvSource"),
    ".tsv": ("text_files", "CsvSource"),
    ".jsonl": ("text_files", "JsonLines"),
    ".ndjson": ("text_files", "JsonLines"),
    ".json": ("json_file", "JsonFile"),
    ".parquet": ("parquet_files", "ParquetSource"),
}
"""Module and class by ending; the module is loaded when such a file comes, for pyarrow takes long to load."""


def open_source(path: Path) -> Source:
    """Open a CSV, JSON lines, JSON or Parquet file; raises InvalidError when it is none of them or cannot be read."""
    found = READERS.get(path.suffix.lower())
    if found is None:
        raise InvalidError(
            f"{path.suffix or 'no'} is not a known ending", where=str(path), hint="use " + ", ".join(READERS)
        )
    module, name = found
    try:
        return getattr(importlib.import_module(f"netra.analytics.ingest.{module}"), name)(path)
    except (OSError, csv.Error) as error:
        raise InvalidError(f"cannot be read: {error}", where=str(path)) from error

"""Opens a usage file by the ending of its name."""

import csv
import importlib
from collections.abc import Mapping

from netra.analytics.ingest.packed import PACKED, UsageFile
from netra.analytics.ingest.rows import Source
from netra.errors import InvalidError

PARQUET = ".parquet"
READERS: Mapping[str, tuple[str, str]] = {
    ".csv": ("text_files", "CsvSource"),
    ".tsv": ("text_files", "CsvSource"),
    ".jsonl": ("text_files", "JsonLines"),
    ".ndjson": ("text_files", "JsonLines"),
    ".json": ("json_file", "JsonFile"),
    PARQUET: ("parquet_files", "ParquetSource"),
}
"""Module and class by ending; the module is loaded when such a file comes, for pyarrow takes long to load."""


def open_source(file: UsageFile) -> Source:
    """Open a CSV, JSON lines, JSON or Parquet file; raises InvalidError when it is none of them or cannot be read."""
    ending = file.plain.suffix.lower()
    found = READERS.get(ending)
    if found is None or (ending == PARQUET and file.is_packed):
        shown = file.path.name.removeprefix(file.plain.stem)
        hint = f"use {', '.join(READERS)}; all but {PARQUET} may be packed ({PACKED})"
        raise InvalidError(f"{shown or 'no'} is not a known ending", where=str(file.path), hint=hint)
    module, name = found
    try:
        return getattr(importlib.import_module(f"netra.analytics.ingest.{module}"), name)(file)
    except (OSError, csv.Error) as error:
        raise InvalidError(f"cannot be read: {error}", where=str(file.path)) from error

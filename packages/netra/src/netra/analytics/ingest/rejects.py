"""The file of rows that could not be imported, each with its line and the reason, to be mended and imported again."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import orjson

from netra.analytics.ingest.rows import Reject
from netra.errors import InvalidError


def rejects_path(path: Path) -> Path:
    """Where the rejects of this plain file go: `usage.csv` to `usage.rejects.csv`, Parquet to JSON lines."""
    ending = ".csv" if path.suffix.lower() in (".csv", ".tsv") else ".jsonl"
    return path.with_name(f"{path.stem}.rejects{ending}")


class RejectsFile:
    """Writes rejects as they come; the file exists only if there is one."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Write to this path, with these columns first."""
        self._path = path
        self._columns = tuple(columns)
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file:
            self._file.close()

    def write(self, reject: Reject) -> None:
        """Add one; raises InvalidError when the file cannot be written."""
        try:
            if self._file is None:
                self._file = self._path.open("w", encoding="utf-8", newline="")
                self._header()
            self._line(self._file, reject)
        except OSError as error:
            raise InvalidError(
                f"rejects cannot be written: {error}; nothing was imported",
                where=str(self._path),
                hint="name a file that can be written with --rejects",
            ) from error

    def _header(self) -> None:
        if self._file and self._path.suffix == ".csv":
            csv.writer(self._file).writerow([*self._columns, "reject_line", "reject_reason"])

    def _line(self, file: IO[str], reject: Reject) -> None:
        if self._path.suffix != ".csv":
            row = dict(reject.cells) if isinstance(reject.cells, Mapping) else {"row": list(reject.cells)}
            entry = {**row, "reject_line": reject.number, "reject_reason": reject.reason}
            file.write(orjson.dumps(entry, default=str, option=orjson.OPT_APPEND_NEWLINE).decode())
            return
        cells = list(reject.cells.values()) if isinstance(reject.cells, Mapping) else list(reject.cells)
        width = len(self._columns)
        padded = cells[:width] + [""] * (width - len(cells))
        csv.writer(file).writerow([*padded, reject.number, reject.reason, *cells[width:]])

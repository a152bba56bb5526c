"""A usage file that gzip packed is read as if it were not; one that is broken, or unpacks to too much, says so."""

import gzip
import json
import tempfile
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.analytics.ingest.importer import ImportRequest
from netra.analytics.ingest.packed import UsageFile
from netra.analytics.ingest.rows import Reject, Row
from netra.analytics.ingest.sources import open_source
from netra.errors import InvalidError, TooLargeError

KINDS = [".csv", ".tsv", ".jsonl", ".ndjson", ".json"]
HEADER = {".csv": b"a,b\n", ".tsv": b"a\tb\n", ".jsonl": b"", ".ndjson": b"", ".json": b""}


def read(path: Path, content: bytes, most: int = 0) -> tuple[tuple[str, ...], list[Row | Reject], float]:
    """The columns, every row, and how much is read in the end."""
    path.write_bytes(content)
    source = open_source(UsageFile(path, most))
    try:
        return source.columns, list(source.rows()), source.done()
    finally:
        source.close()


@given(st.sampled_from(KINDS[:4]), st.binary(max_size=300), st.integers(1, 3))
def test_what_is_packed_is_read_as_if_it_were_not(ending: str, body: bytes, members: int) -> None:
    plain = HEADER[ending] + body
    cut = len(plain) // members
    pieces = [plain[n * cut : (n + 1) * cut if n + 1 < members else None] for n in range(members)]
    with tempfile.TemporaryDirectory() as folder:
        expected = read(Path(folder, f"usage{ending}"), plain)
        assert read(Path(folder, f"usage{ending}.gz"), b"".join(map(gzip.compress, pieces)))[:2] == expected[:2]


@pytest.mark.parametrize("ending", KINDS)
def test_every_kind_that_may_be_packed_is_found_by_its_ending(tmp_path: Path, ending: str) -> None:
    rows = {".csv": "a\n1\n2\n", ".tsv": "a\n1\n2\n", ".json": '[{"a": "1"}, {"a": "2"}]'}
    text = rows.get(ending, '{"a": "1"}\n{"a": "2"}\n')
    columns, seen, done = read(tmp_path / f"Usage{ending.upper()}.GZ", gzip.compress(text.encode()))
    assert columns == ("a",)
    assert [row.values for row in seen if isinstance(row, Row)] == [{"a": "1"}, {"a": "2"}]
    assert done == 1


@pytest.mark.parametrize("name", ["usage.gz", "usage.parquet.gz", "usage.zip", "usage", "usage.csv.gz.gz"])
def test_an_ending_that_nobody_reads_is_refused_and_says_which_are(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidError, match="is not a known ending") as caught:
        read(tmp_path / name, b"")
    assert caught.value.hint.endswith("all but .parquet may be packed (.gz)")


@pytest.mark.parametrize("broken", ["cut", "changed", "no gzip", "cut in its head"])
def test_gzip_that_is_broken_is_an_error_and_never_fewer_rows(tmp_path: Path, broken: str) -> None:
    lines = "".join(json.dumps({"a": n, "b": n * 2_654_435_761 % 2**32}) + "\n" for n in range(5000)).encode()
    packed = gzip.compress(lines)
    middle = len(packed) // 2
    contents = {
        "cut": packed[:middle],
        "changed": packed[:middle] + bytes(b ^ 0xFF for b in packed[middle : middle + 9]) + packed[middle + 9 :],
        "no gzip": lines,
        "cut in its head": packed[:5],
    }
    with pytest.raises(InvalidError, match="is not whole gzip"):
        read(tmp_path / "usage.jsonl.gz", contents[broken])


@pytest.mark.parametrize("ending", KINDS)
def test_a_small_file_does_not_unpack_to_more_than_is_allowed(tmp_path: Path, ending: str) -> None:
    start = b"a\n" if "sv" in ending else b""
    with pytest.raises(TooLargeError, match="more than the 100000 bytes that are allowed"):
        read(tmp_path / f"usage{ending}.gz", gzip.compress(start + b"1" * 10_000_000), most=100_000)


def test_what_a_packed_file_is_called_has_no_trace_of_the_packing(tmp_path: Path) -> None:
    request = ImportRequest(tenant_id=uuid4(), path=tmp_path / "chat.csv.gz", columns={})
    assert request.file.plain.stem == "chat"
    assert request.rejects_path == tmp_path / "chat.rejects.csv"

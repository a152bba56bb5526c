"""An import loses no row, doubles none, and is there as a whole or not at all."""

import csv
import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs] - ships none
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from netra_usage import Usage, event, opened
from pyarrow import parquet  # pyright: ignore[reportMissingTypeStubs] - ships none

from netra.analytics.erasure import erase
from netra.analytics.events import Identities
from netra.analytics.ingest.commit import Import
from netra.analytics.ingest.importer import ImportRequest, import_file
from netra.analytics.ingest.ledger import append
from netra.analytics.ingest.staging import QUERIES as INGEST
from netra.analytics.queries.profile import DataProfile
from netra.errors import DependencyError, InvalidError
from netra.settings.model import Settings

START = datetime(2026, 1, 1, tzinfo=UTC)
LEAN = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])

good_rows = st.tuples(
    st.integers(0, 500_000).map(lambda s: (START + timedelta(seconds=s)).isoformat()),
    st.integers(0, 3).map(str),
    st.integers(0, 2).map(str),
    st.sampled_from(["chat", "search"]),
)
bad_rows = st.sampled_from(
    [
        ("yesterday", "1", "1", "chat"),
        ("", "1", "1", "chat"),
        ("2026-01-01", "", "1", "chat"),
        ("2026-01-01", "1.5", "1", "chat"),
        ("2026-01-01", "1", "-1", "chat"),
        ("2026-01-01", "1", "nan", "chat"),
        ("1850-01-01", "1", "1", "chat"),
        ("2026-01-01", "1", "1", "chat", "one too many"),
        ("2026-01-01", "1"),
    ]
)


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as usage:
        yield usage


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("imports")


def write_csv(path: Path, rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("at", "input_tokens", "output_tokens", "workload"), *rows])
    return path


async def stored(usage: Usage, tenant: UUID) -> DataProfile:
    found = await usage.call(tenant, "data_profile")
    assert isinstance(found, DataProfile)
    return found


@LEAN
@given(good=st.lists(good_rows, max_size=30), bad=st.lists(bad_rows, max_size=5), data=st.data())
async def test_every_row_is_imported_or_a_named_reject_and_never_twice(
    usage: Usage, folder: Path, good: list[tuple[str, ...]], bad: list[tuple[str, ...]], data: st.DataObject
) -> None:
    rows = data.draw(st.permutations([*good, *bad]))
    tenant, path = uuid4(), write_csv(folder / f"{uuid4().hex}.csv", rows)
    first = await usage.load(tenant, path, model="gpt-4o")
    assert (first.rows, first.imported, first.rejected) == (len(rows), len(good), len(bad))
    assert (await stored(usage, tenant)).requests == len(good), "equal rows of one file all count"
    assert [r.line for r in first.rejects] == [n for n, row in enumerate(rows, start=2) if row in bad]
    grown = write_csv(path, [*rows, ("2026-03-01T00:00:00", "9", "9", "chat")])
    second = await usage.load(tenant, grown, model="gpt-4o")
    assert (second.imported, second.already_there) == (1, len(good))
    assert (await stored(usage, tenant)).requests == len(good) + 1


async def test_the_rejects_file_can_be_mended_and_imported(usage: Usage, folder: Path) -> None:
    tenant = uuid4()
    rows = [("2026-01-01", "1", "2", "chat"), ("2026-01-02", "many", "2", "chat"), ("never", "1", "2", "chat")]
    summary = await usage.load(tenant, write_csv(folder / "mend.csv", rows))
    rejects = folder / "mend.rejects.csv"
    assert summary.rejects_file == str(rejects)
    lines = rejects.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "at,input_tokens,output_tokens,workload,reject_line,reject_reason"
    assert lines[1] == "2026-01-02,many,2,chat,3,input_tokens: 'many' is not a whole number"
    rejects.write_text(rejects.read_text(encoding="utf-8").replace("many,", "7,").replace("never", "2026-01-03"))
    assert (await usage.load(tenant, rejects)).imported == 2
    assert (await stored(usage, tenant)).requests == 3


async def test_csv_json_lines_and_parquet_of_equal_rows_are_the_same_data(usage: Usage, folder: Path) -> None:
    rows = [
        {"timestamp": f"2026-02-0{d}T10:00:00Z", "prompt_tokens": d, "completion_tokens": 2 * d, "latency_ms": d + 0.25}
        for d in range(1, 6)
    ]
    (folder / "same.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    cast("Any", parquet).write_table(cast("Any", pa).Table.from_pylist(rows), folder / "same.parquet")
    with (folder / "same.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    tenant = uuid4()
    added = [(await usage.load(tenant, folder / f"same.{kind}")).imported for kind in ("csv", "jsonl", "parquet")]
    assert added == [5, 0, 0]
    assert (await stored(usage, tenant)).measured == 5


async def test_rows_of_another_source_are_other_requests(usage: Usage, folder: Path) -> None:
    path, tenant = write_csv(folder / "hour.csv", [("2026-01-01", "1", "2", "chat")]), uuid4()
    for source in ("a", "b", "a"):
        request = ImportRequest(tenant_id=tenant, path=path, columns={}, source=source)
        await import_file(usage.database, request)
    assert (await stored(usage, tenant)).requests == 2


async def test_an_import_that_dies_before_its_commit_leaves_nothing_to_see(usage: Usage) -> None:
    tenant = uuid4()
    await usage.put(tenant, [event(START)])
    before = await stored(usage, tenant)
    died = Import(usage.database, tenant, "died")
    identities = Identities(tenant, "died")
    await died.gather([(identities.of(e, None), e) for e in [event(START + timedelta(days=d)) for d in range(60)]])
    imports = await usage.database.rows(INGEST["abandoned"], {"tenant_id": str(tenant)})
    moving = {"tenant_id": str(tenant), "import_id": str(imports[0]["import_id"])}
    await usage.database.run(
        INGEST["move"], {**moving, "first_at": "2026-01-01 00:00:00", "last_at": "2027-01-01 00:00:00"}
    )
    assert await stored(usage, tenant) == before
    await usage.put(tenant, [event(START + timedelta(days=1), input_tokens=7)])
    assert (await stored(usage, tenant)).requests == 2
    raw = "select count() as n from {table:Identifier} where tenant_id = {tenant:UUID}"
    left = [
        (await usage.database.rows(raw, {"table": t, "tenant": str(tenant)}))[0]["n"]
        for t in ("workload_events", "workload_staging")
    ]
    assert left == [2, 0], "the next import removes what the dead one left"


async def test_a_batch_that_arrived_twice_is_noticed_and_not_committed(usage: Usage) -> None:
    tenant = uuid4()
    work, identities = Import(usage.database, tenant, "twice"), Identities(tenant, "twice")
    batch = [(identities.of(e, None), e) for e in [event(START), event(START)]]
    await work.gather(batch)
    again = "insert into workload_staging select * from workload_staging where tenant_id = {tenant:UUID}"
    await usage.database.run(again, {"tenant": str(tenant)})
    with pytest.raises(DependencyError, match="holds 4 gathered rows of this import, 2 were sent; nothing was"):
        await work.commit()
    assert (await stored(usage, tenant)).requests == 0


async def test_an_event_that_a_file_names_twice_is_there_once(usage: Usage) -> None:
    tenant = uuid4()
    identities = Identities(tenant, "twice")
    batch = [(identities.of(e, None), e) for e in [event(START), event(START), event(START)]]
    await usage.put(tenant, [])
    for expected, sent in ((2, [*batch[:2], *batch[:1]]), (1, [*batch, *batch])):
        work = Import(usage.database, tenant, "twice")
        await work.begin()
        await work.gather(sent)
        done = await work.commit()
        assert (done.imported, done.already_there) == (expected, len(sent) - expected)
    assert (await stored(usage, tenant)).requests == 3
    assert await counted(usage, tenant) == (3, 3)


async def test_hours_and_days_hold_what_the_events_hold_whatever_died_on_the_way(usage: Usage) -> None:
    tenant, day = uuid4(), START.date()
    identities = Identities(tenant, "traced")
    events = [event(START + timedelta(minutes=9 * n), latency_ms=float(n), input_tokens=n) for n in range(1, 40)]
    batch = [(identities.of(e, None), e) for e in events]
    assert await append(usage.database, tenant, "traced", day, batch[:30]) == 30
    names = {"tenant": str(tenant)}
    # As a process that dies between an insert's events and their hours leaves it.
    await usage.database.run("delete from workload_hours where tenant_id = {tenant:UUID}", names)
    assert await append(usage.database, tenant, "traced", day, batch) == 9
    assert await counted(usage, tenant) == (39, 39)
    assert (await stored(usage, tenant)).requests == 39
    sums = "sum(input_sum) as input, sum(latency_sum) as latency, min(first_at) as first, max(last_at) as last"
    for table in ("workload_hours", "workload_days"):
        found = await usage.database.rows(f"select {sums} from {table} where tenant_id = {{tenant:UUID}}", names)  # noqa: S608
        assert found == [{"input": 780, "latency": 780.0, "first": events[0].at, "last": events[-1].at}]
    await erase(usage.database, tenant)
    assert await counted(usage, tenant) == (0, 0)


async def counted(usage: Usage, tenant: UUID) -> tuple[int, int]:
    """How many requests the hours and the days count, of whatever import."""
    both = [
        (await usage.database.rows(sql, {"tenant": str(tenant)}))[0]["n"]
        for sql in (
            "select sum(requests) as n from workload_hours where tenant_id = {tenant:UUID}",
            "select sum(requests) as n from workload_days where tenant_id = {tenant:UUID}",
        )
    ]
    return both[0], both[1]


async def test_a_file_that_cannot_be_mapped_says_what_it_has(usage: Usage, folder: Path) -> None:
    path = folder / "strange.csv"
    path.write_text("when,in,out\n2026-01-01,1,2\n", encoding="utf-8")
    with pytest.raises(InvalidError, match="no column for at, input_tokens, output_tokens among when, in, out"):
        await usage.load(uuid4(), path)
    mapped = {"at": "when", "input_tokens": "in", "output_tokens": "out"}
    summary = await import_file(usage.database, ImportRequest(tenant_id=uuid4(), path=path, columns=mapped))
    assert (summary.imported, summary.unpriced) == (1, 1), "without a model there is no price, and that is counted"

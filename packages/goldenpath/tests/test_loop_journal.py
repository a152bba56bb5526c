from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_events import repaired_loop

from goldenpath.errors import StateError
from goldenpath.events import LoopEvent
from goldenpath.loop.journal import Journal, read
from goldenpath.loop.state import fold


def written(path: Path) -> list[LoopEvent]:
    journal = Journal.create(path)
    told = [journal.write(event.model_copy(update={"seq": 0})) for event in repaired_loop()]
    journal.close()
    return told


def test_what_is_written_is_read_back_in_order(tmp_path: Path) -> None:
    told = written(tmp_path / "j" / "journal.jsonl")
    assert list(read(tmp_path / "j" / "journal.jsonl")) == told == repaired_loop()


def test_an_event_is_on_disk_before_anyone_hears_of_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal.create(path)
    seen: list[tuple[int, int]] = []
    journal.listen(lambda event: seen.append((event.seq, len(read(path)))))
    for event in repaired_loop():
        journal.write(event)
    journal.close()
    assert seen == [(n, n) for n in range(1, len(seen) + 1)]
    assert seen


@given(st.data())
def test_a_cut_anywhere_leaves_whole_events_and_the_journal_goes_on(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("cut") / "journal.jsonl"
    told = written(path)
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    left = list(read(path))
    assert left == told[: len(left)]
    assert len(left) == whole[:cut].count(b"\n")
    journal = Journal.reopen(path)
    again = journal.write(told[-1])
    journal.close()
    assert again.seq == len(left) + 1
    assert list(read(path)) == [*left, again]


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    written(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"{}\n", *lines[2:]]))
    with pytest.raises(StateError) as caught:
        read(path)
    assert caught.value.where == f"{path}:2"


def test_a_second_journal_of_the_same_loop_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "journal.jsonl")
    with pytest.raises(StateError):
        Journal.create(tmp_path / "journal.jsonl")


@given(st.integers(0, len(repaired_loop())))
def test_a_state_is_the_same_whether_folded_at_once_or_in_two_parts(cut: int) -> None:
    events = repaired_loop()
    assert fold(events[cut:], fold(events[:cut])) == fold(events)


def test_a_resumed_loop_knows_its_candidate_and_its_tried_fixes() -> None:
    events = repaired_loop()
    before_withdrawal = fold(events[:7])
    assert before_withdrawal.candidate == "r2"
    assert before_withdrawal.open_fix is not None
    end = fold(events)
    assert end.candidate == ""
    assert end.promoted == "r3"
    assert end.fingerprints == {"abc"}
    assert end.finished is not None

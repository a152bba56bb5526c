from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample import system

from goldenpath.manifest.journeys import Conversation
from goldenpath.probes.laws import breaches, field, matches


def laws() -> Conversation:
    found = system().journeys["buy"].conversation
    assert found is not None
    return found


LAWS = laws()


def numbered(*frames: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"seq": seq, "run_id": "r", "agent": "a", **frame} for seq, frame in enumerate(frames, 1)]


START: dict[str, Any] = {"type": "agent_started"}
OPEN: dict[str, Any] = {"type": "tool_executing", "data": {"call_id": "c"}}
CLOSE: dict[str, Any] = {"type": "tool_completed", "data": {"call_id": "c"}}
END: dict[str, Any] = {"type": "agent_completed", "data": {"final": True}}
WORD: dict[str, Any] = {"type": "answer_delta"}
LAWFUL = numbered(START, OPEN, CLOSE, WORD, END)


def broken(frames: list[dict[str, Any]], *, finished: bool = True) -> list[str]:
    return [breach.law for breach in breaches(frames, LAWS, finished=finished)]


def test_a_lawful_log_breaks_nothing() -> None:
    assert broken(LAWFUL) == []


@pytest.mark.parametrize(
    ("frames", "laws"),
    [
        (
            LAWFUL[1:],
            [
                "gapless",
                "gapless",
                "gapless",
                "gapless",
                "started_first",
                "started_first",
                "started_first",
                "started_first",
            ],
        ),
        (numbered(START, OPEN, END), ["paired"]),
        (numbered(START, CLOSE, END), ["paired"]),
        (numbered(START, CLOSE, OPEN, END), ["paired"]),
        (numbered(START, OPEN, CLOSE, CLOSE, END), ["paired"]),
        (numbered(START, OPEN, OPEN, CLOSE, END), ["paired"]),
        (numbered(START, END, WORD), ["one_terminal"]),
        (numbered(START, END, END), ["one_terminal"]),
        (numbered(START, WORD), ["one_terminal"]),
        (numbered(WORD, START, END), ["started_first"]),
        (numbered(START, {**WORD, "agent": "b"}, END), ["started_first"]),
        (numbered({"type": "run_queued", "agent": "run"}, START, END), []),
        ([], ["one_terminal"]),
    ],
)
def test_each_law_is_broken_by_what_breaks_it(frames: list[dict[str, Any]], laws: list[str]) -> None:
    assert broken(frames) == laws


def test_a_growing_log_owes_no_end() -> None:
    assert broken(numbered(START, OPEN), finished=False) == []
    assert broken(numbered(START, END, WORD), finished=False) == ["one_terminal"]


@given(st.integers(0, len(LAWFUL) - 1))
def test_a_lost_frame_is_always_seen(index: int) -> None:
    assert broken(LAWFUL[:index] + LAWFUL[index + 1 :])


@given(st.integers(0, len(LAWFUL) - 1))
def test_a_doubled_frame_is_always_seen(index: int) -> None:
    assert broken([*LAWFUL[: index + 1], *LAWFUL[index:]])


@given(st.permutations(LAWFUL))
def test_another_order_is_always_seen(frames: list[dict[str, Any]]) -> None:
    assert bool(broken(frames)) == (frames != LAWFUL)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "seq", "agent", "data", "final"]), inner)
    ),
    max_leaves=10,
)


@given(st.lists(st.dictionaries(st.sampled_from(["type", "seq", "agent", "data", "run_id"]), JSON), max_size=6))
def test_no_frames_make_it_fail(frames: list[dict[str, Any]]) -> None:
    broken(frames)


def test_fields_are_dotted_paths() -> None:
    frame: dict[str, Any] = {"data": {"final": True, "n": 0}}
    assert field(frame, "data.final") is True
    assert field(frame, "data.final.deeper") is None
    assert matches(frame, {"data.final": True, "data.n": 0})
    assert not matches(frame, {"data.final": False})

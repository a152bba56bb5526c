"""The scoreboard counts what it says it counts."""

from hypothesis import given
from hypothesis import strategies as st

from goldenpath.drills.model import DrillResult
from goldenpath.drills.score import summarise


@st.composite
def results(draw: st.DrawFn) -> DrillResult:
    named = draw(st.lists(st.sampled_from(["db:dead", "web:slow", "llm:quota", "cache:full"]), unique=True))
    expected = draw(st.sampled_from(["db:dead", "web:slow"]))
    kind = draw(st.sampled_from(["fault", "control"]))
    return DrillResult.model_validate(
        {
            "id": "d",
            "title": "d",
            "kind": kind,
            "expected": expected if kind == "fault" else "",
            "named": named,
            "rank": named.index(expected) + 1 if kind == "fault" and expected in named else None,
            "abstained": draw(st.booleans()) and not named,
            "detected_s": None,
            "cause_s": draw(st.none() | st.floats(0, 100)),
            "not_run": draw(st.sampled_from(["", "", "no network of our own"])),
            "repairable": kind == "fault" and draw(st.booleans()),
            "naive": draw(st.sampled_from(["", "db", "web"])),
            "fixed": draw(st.booleans()),
            "undone": draw(st.integers(0, 2)),
            "decoys_refuted": True,
            "ask": None,
            "fixes": [],
            "passed": draw(st.booleans()),
            "reason": "",
            "loop": "l",
            "seconds": 1.0,
        }
    )


@given(st.lists(results(), max_size=12))
def test_every_drill_is_counted_where_it_belongs_and_nowhere_else(found: list[DrillResult]) -> None:
    total = summarise(found)
    assert total.not_run == len([r for r in found if r.not_run])
    found = [r for r in found if not r.not_run]
    faults = [r for r in found if r.kind == "fault"]
    controls = [r for r in found if r.kind == "control"]
    assert (total.drills, total.faults, total.controls) == (len(found), len(faults), len(controls))
    unnamed = [r for r in faults if not r.named]
    beyond = [r for r in faults if r.rank is not None and r.rank > 3]
    assert total.right_in_three + len(beyond) + total.wrong + len(unnamed) == len(faults)
    assert total.right_first == len([r for r in faults if r.named[:1] == (r.expected,)]) <= total.right_in_three
    assert total.abstained == len([r for r in faults if r.abstained]) <= len(unnamed)
    assert total.false_alarms == len([r for r in controls if r.named])
    assert total.fixed == len([r for r in faults if r.repairable and r.fixed]) <= total.repairable <= total.faults
    assert total.naive == len([r for r in faults if r.naive and r.expected.startswith(f"{r.naive}:")])
    assert total.undone == sum(r.undone for r in found)
    assert total.passed == len([r for r in found if r.passed])
    assert total.cause_s_max == max((r.cause_s for r in faults if r.cause_s is not None), default=None)
    assert 0 < total.chance <= 1

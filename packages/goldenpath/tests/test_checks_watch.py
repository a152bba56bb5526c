"""What a watched revision showed, against the last good one: what sends it back, and what never does."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.checks.verdict import verdict_of
from goldenpath.checks.watch import MIB, Stretch, Watch, judge_watch
from goldenpath.facts import Finding, Observation
from goldenpath.manifest.watch import WatchSpec
from goldenpath.probes.record import Recorder
from goldenpath.probes.templates import Template
from goldenpath.probes.traffic import Sample, Samples
from goldenpath.probes.vitals import Vital

SPEC = WatchSpec()
times = st.lists(st.floats(min_value=0.5, max_value=500), min_size=10, max_size=60)


class Judged(NamedTuple):
    seen: tuple[Observation, ...]
    findings: tuple[Finding, ...]

    @property
    def names(self) -> set[str]:
        return {o.name for o in self.seen}


def samples(ms: list[float], *, errors: int = 0, yardstick: float = 1.0) -> Samples:
    bad = [Sample(path="/", ms=1.0, error="HTTP 500") for _ in range(errors)]
    return Samples(requests=(*(Sample(path="/", ms=m) for m in ms), *bad), yardstick_ms=(yardstick,) * 5)


def held(*mib: float, pids: tuple[int, ...] = ()) -> tuple[tuple[Vital, ...], ...]:
    """The web's memory at each look; it is process 7 unless `pids` says otherwise."""
    return tuple(
        (Vital(component="web", replica=0, pid=pid, state="running", resident=int(m * MIB)),)
        for m, pid in zip(mib, pids or (7,) * len(mib), strict=True)
    )


def judged(during: Stretch, before: Stretch | None = None, spec: WatchSpec = SPEC) -> Judged:
    after = during.model_copy(update={"revision": "r2"})
    known = before.model_copy(update={"revision": "r1"}) if before else None
    return Judged(*judge_watch(Recorder("o"), Watch(door="web", spec=spec, before=known, during=after)))


@given(times)
def test_a_revision_that_does_what_the_last_good_one_did_is_proven(ms: list[float]) -> None:
    same = Stretch(samples=samples(ms), vitals=held(*[100.0] * 12))
    found = judged(same, same)
    assert verdict_of(found.findings) == "pass"
    assert not found.names & {"watch.failed", "watch.slower", "watch.grown", "watch.ended", "watch.complaint"}


@given(times, st.floats(min_value=2.5, max_value=20))
def test_times_that_are_surely_and_much_longer_send_it_back(ms: list[float], factor: float) -> None:
    near = [20 + m / 500 for m in ms * 3]
    slow = [m * factor + SPEC.slower_ms for m in near]
    before = Stretch(samples=samples(near))
    found = judged(Stretch(samples=samples(slow)), before)
    assert "watch.slower" in found.names
    assert verdict_of(found.findings) == "fail"
    busy = judged(Stretch(samples=samples(slow, yardstick=100.0)), before)
    assert "watch.as_fast" in busy.names, "the machine itself is busier by more"


@pytest.mark.parametrize("more_ms", [0.0, 10.0, 20.0])
def test_less_than_the_least_difference_is_not_slower(more_ms: float) -> None:
    before = Stretch(samples=samples([1.0 + n / 100 for n in range(50)]))
    during = Stretch(samples=samples([1.0 + more_ms + n / 100 for n in range(50)]))
    assert "watch.as_fast" in judged(during, before).names


def test_without_anything_to_compare_with_it_is_judged_alone() -> None:
    found = judged(Stretch(samples=samples([900.0] * 30), vitals=held(*[100.0] * 12)))
    assert verdict_of(found.findings) == "pass"
    assert verdict_of(judged(Stretch()).findings) == "not_proven", "silence proves nothing"


@given(st.integers(0, 5), st.integers(0, 5))
def test_more_failed_requests_than_allowed_send_it_back(failed: int, allowed: int) -> None:
    spec = SPEC.model_copy(update={"failures": allowed})
    found = judged(Stretch(samples=samples([5.0] * 20, errors=failed)), spec=spec)
    assert (verdict_of(found.findings) == "fail") == (failed > allowed)
    assert ("watch.failed" in found.names) == (failed > allowed)


def test_memory_that_goes_on_growing_is_a_leak_and_warming_up_is_none() -> None:
    leak = Stretch(samples=samples([5.0] * 20), vitals=held(*[100.0 + 10 * n for n in range(12)]))
    warm = Stretch(samples=samples([5.0] * 20), vitals=held(100.0, 150.0, 200.0, *[210.0] * 9))
    assert "watch.grown" in judged(leak).names
    assert "watch.memory" in judged(warm).names
    assert "watch.memory" in judged(leak, leak).names, "the last good one grew as much under as many requests"


def test_a_process_that_ended_or_was_replaced_sends_it_back() -> None:
    replaced = Stretch(samples=samples([5.0] * 20), vitals=held(100.0, 100.0, pids=(7, 8)))
    found = judged(replaced)
    assert [o.name for o in found.seen if o.subject == "web" and o.name == "watch.ended"]
    assert verdict_of(found.findings) == "fail"


def test_new_kinds_of_error_lines_send_it_back_unless_so_many_are_allowed() -> None:
    line = Template(level="error", text="no slot is free", count=3, sample="level=error")
    during = Stretch(samples=samples([5.0] * 20), errors={"web": (line,)})
    assert verdict_of(judged(during).findings) == "fail"
    allowed = judged(during, spec=SPEC.model_copy(update={"new_errors": 1}))
    assert verdict_of(allowed.findings) == "pass"
    assert "watch.complaint_allowed" in allowed.names

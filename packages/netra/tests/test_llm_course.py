"""Laws of what follows a failed call, and of breakers."""

from itertools import pairwise
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from netra.errors import LLMReason
from netra.llm.breaker import COUNTED, Breaker, admitted, failed, given_up, state, succeeded
from netra.llm.course import FINAL, LEAST_S, Again, Failed, Standing, after
from netra.settings.model import BreakerSettings, RetrySettings

REASONS: tuple[LLMReason, ...] = get_args(LLMReason)
seconds = st.floats(0, 200)
failures = st.builds(
    Failed,
    reason=st.sampled_from(REASONS),
    transient=st.booleans(),
    retry_after=st.none() | seconds,
    spoke=st.booleans(),
)
standings = st.builds(
    Standing, tries=st.integers(1, 6), more_models=st.booleans(), seconds_left=seconds, chance=st.floats(0, 1)
)
retries = st.builds(RetrySettings, tries=st.integers(1, 5), base_s=st.floats(0.01, 10), most_s=st.floats(0.01, 60))
breakers = st.builds(BreakerSettings, failures=st.integers(1, 6), open_s=st.floats(1, 60), longest_s=st.floats(1, 300))


@given(failures, standings, retries)
def test_a_wait_is_never_shorter_than_asked_and_never_longer_than_the_time_left(
    failure: Failed, standing: Standing, settings: RetrySettings
) -> None:
    move = after(failure, standing, settings)
    if isinstance(move, Again):
        assert failure.transient
        assert standing.tries < settings.tries
        assert (failure.retry_after or 0) <= move.wait_s <= settings.most_s
        assert move.wait_s <= standing.seconds_left - LEAST_S


@given(failures, standings, retries)
def test_another_model_is_asked_only_if_there_is_one_and_nothing_was_shown(
    failure: Failed, standing: Standing, settings: RetrySettings
) -> None:
    move = after(failure, standing, settings)
    if failure.spoke or failure.reason in FINAL:
        assert move == "end"
    if move == "next":
        assert standing.more_models


@given(failures, retries, st.floats(0, 1))
def test_every_course_ends(failure: Failed, settings: RetrySettings, chance: float) -> None:
    tries = 1
    while isinstance(
        after(failure, Standing(tries=tries, more_models=False, seconds_left=1e9, chance=chance), settings), Again
    ):
        tries += 1
    assert tries <= settings.tries


steps = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from([*COUNTED, None, "cancel"])),
        st.tuples(st.just("wait"), st.floats(0, 400)),
    ),
    max_size=60,
)


@given(steps, breakers)
def test_a_breaker_opens_after_so_many_failures_in_a_row_and_lets_one_through_when_its_time_is_over(
    steps: list[tuple[str, object]], settings: BreakerSettings
) -> None:
    breaker, now, in_a_row = Breaker(), 0.0, 0
    for what, value in steps:
        if what == "wait":
            assert isinstance(value, float)
            now += value
            continue
        before = state(breaker, now)
        let = admitted(breaker, now)
        assert (let is None) == (before == "open"), "nothing is under way here"
        assert (before == "closed") == (in_a_row < settings.failures)
        if let is None:
            continue
        if before == "half_open":
            assert admitted(let, now) is None, "a second request while the first one tries"
        match value:
            case None:
                breaker, in_a_row = succeeded(let), 0
                assert state(breaker, now) == "closed"
            case "cancel":
                breaker = given_up(let, trial=let.trying)
                assert state(breaker, now) == before
            case _:
                in_a_row += 1
                breaker = failed(let, "llm_overloaded", now, settings, trial=let.trying)
                assert state(breaker, now) == ("open" if in_a_row >= settings.failures else "closed")


@given(breakers, st.integers(1, 12))
def test_each_failed_attempt_to_close_doubles_the_time_up_to_the_longest(settings: BreakerSettings, times: int) -> None:
    breaker, now = Breaker(), 0.0
    for _ in range(settings.failures):
        breaker = failed(breaker, "llm_timeout", now, settings)
    waits = [breaker.open_s]
    for _ in range(times):
        now = (breaker.until or 0) + 0.001
        let = admitted(breaker, now)
        assert let is not None
        breaker = failed(let, "llm_timeout", now, settings, trial=True)
        waits.append(breaker.open_s)
    longest = max(settings.longest_s, settings.open_s)
    assert waits[0] == settings.open_s
    assert all(later == min(2 * earlier, longest) for earlier, later in pairwise(waits))


@given(breakers, seconds)
def test_a_failure_that_began_before_the_breaker_opened_changes_nothing(
    settings: BreakerSettings, later: float
) -> None:
    breaker = Breaker()
    for _ in range(settings.failures):
        breaker = failed(breaker, "llm_timeout", 0.0, settings)
    assert failed(breaker, "llm_timeout", later, settings) == breaker


@given(breakers, st.booleans())
def test_what_ends_beside_the_one_that_tries_settles_nothing(settings: BreakerSettings, cancelled: bool) -> None:
    breaker = Breaker()
    for _ in range(settings.failures):
        breaker = failed(breaker, "llm_timeout", 0.0, settings)
    now = (breaker.until or 0) + 1
    trying = admitted(breaker, now)
    assert trying is not None
    after = given_up(trying, trial=False) if cancelled else failed(trying, "llm_timeout", now, settings)
    assert after == trying
    assert admitted(after, now) is None

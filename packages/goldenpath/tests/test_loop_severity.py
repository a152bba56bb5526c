"""Between two cycles it may not get worse for people: what counts as worse."""

from diagnosis_bench import SYSTEM, Notebook
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.diagnosis.engine import diagnose
from goldenpath.loop.severity import Severity, risen, severity_of

names = st.frozensets(st.sampled_from(["chat", "account", "history"]))
severities = st.builds(Severity, journeys=names, down=st.frozensets(st.sampled_from(["web", "worker", "redis"])))


def severity(book: Notebook) -> Severity:
    return severity_of(SYSTEM, diagnose(SYSTEM, book.observations), book.observations)


@given(severities, severities)
def test_it_is_worse_exactly_when_something_is_wrong_that_was_not(before: Severity, after: Severity) -> None:
    is_worse = not (after.journeys <= before.journeys and after.down <= before.down)
    assert bool(risen(before, after)) == is_worse
    assert risen(before, before) == ""
    assert risen(Severity(journeys=before.journeys | after.journeys, down=before.down | after.down), after) == ""


def test_a_system_that_is_well_is_at_the_least() -> None:
    book = Notebook()
    book.healthy()
    assert severity(book) == Severity()


def test_a_dead_process_counts_until_it_is_seen_to_run() -> None:
    book = Notebook()
    book.healthy("redis")
    book.process("redis", "exited", code=1, listening=False)
    dead = severity(book)
    assert "redis" in dead.down
    assert dead.journeys == {"chat"}
    book.process("redis")
    assert severity(book).down == frozenset()


def test_a_part_that_the_golden_path_does_not_need_does_not_count() -> None:
    book = Notebook()
    book.healthy("clickhouse")
    book.process("clickhouse", "exited", code=1, listening=False)
    assert severity(book).down == frozenset()

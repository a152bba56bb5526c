"""Laws of the engine, whatever the observations: order, evidence, health and silence."""

from datetime import timedelta

import pytest
from diagnosis_bench import EDGES, PROCESSES, REVISION, SYSTEM, Notebook, named
from diagnosis_cases import CASES, Case
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from goldenpath.diagnosis.engine import diagnose, next_probes
from goldenpath.facts import Cause, Diagnosis, Observation, Rival

QUICK = settings(max_examples=30, deadline=None)


def observations_of(case: Case) -> list[Observation]:
    book = Notebook()
    case.write(book)
    return book.observations


def ids_in(diagnosis: Diagnosis) -> set[str]:
    rivals: list[Rival] = [r for c in diagnosis.causes for link in c.chain for r in link.rivals]
    found = [i for c in diagnosis.causes for link in c.chain for i in link.observations]
    return {
        *found,
        *(i for r in rivals for i in r.refuted_by),
        *(i for s in diagnosis.symptoms for i in s.observations),
    }


def core(diagnosis: Diagnosis) -> set[str]:
    """The observations that the causes themselves stand on: the links that name them."""
    return {
        i for cause in diagnosis.causes for link in cause.chain for i in _naming(cause, link.answer, link.observations)
    }


def _naming(cause: Cause, answer: str, ids: tuple[str, ...]) -> tuple[str, ...]:
    return ids if answer == cause.statement else ()


cases = st.sampled_from(CASES)


@QUICK
@given(cases, st.randoms(use_true_random=False))
def test_the_order_of_observations_does_not_matter(case: Case, random: object) -> None:
    seen = observations_of(case)
    shuffled = list(seen)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert diagnose(SYSTEM, shuffled) == diagnose(SYSTEM, seen)
    assert next_probes(SYSTEM, shuffled, frozenset()) == next_probes(SYSTEM, seen, frozenset())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_without_its_evidence_a_cause_is_not_named(case: Case) -> None:
    seen = observations_of(case)
    before = diagnose(SYSTEM, seen)
    stands_on = core(before)
    assert stands_on
    after = diagnose(SYSTEM, [o for o in seen if o.id not in stands_on])
    assert not set(named(before)) & set(named(after))


@QUICK
@given(cases, st.data())
def test_any_subset_of_observations_stays_within_its_evidence(case: Case, data: st.DataObject) -> None:
    seen = observations_of(case)
    kept = data.draw(st.lists(st.sampled_from(seen), unique_by=lambda o: o.id))
    diagnosis = diagnose(SYSTEM, kept)
    assert ids_in(diagnosis) <= {o.id for o in kept}
    assert (diagnosis.verdict == "fail") == bool(diagnosis.causes)
    explained = {i for cause in diagnosis.causes for i in cause.explains}
    assert explained <= {symptom.id for symptom in diagnosis.symptoms}
    if diagnosis.symptoms and not diagnosis.causes:
        assert diagnosis.verdict == "not_proven"
        assert diagnosis.open_rivals
    if diagnosis.verdict == "pass":
        assert kept
        assert not diagnosis.symptoms


@QUICK
@given(cases, st.sets(st.sampled_from([*EDGES, *PROCESSES]), min_size=1))
def test_observations_of_healthy_components_change_no_cause(case: Case, extra: set[str]) -> None:
    seen = observations_of(case)
    touched = {o.subject for o in seen}
    book = Notebook()
    for subject in sorted(extra - touched):
        book.edge(subject) if "->" in subject else book.process(subject)
    more = [o.model_copy(update={"id": f"x{o.id}"}) for o in book.observations]
    before, after = diagnose(SYSTEM, seen), diagnose(SYSTEM, [*seen, *more])
    assert [(c.id, c.component, c.explains, c.statement) for c in before.causes] == [
        (c.id, c.component, c.explains, c.statement) for c in after.causes
    ]


@QUICK
@given(st.sets(st.sampled_from(["env", "health", "schema", "journey", *EDGES, *PROCESSES])), st.integers(0, 3))
def test_nothing_is_named_while_everything_is_well(without: set[str], tests: int) -> None:
    book = Notebook()
    book.healthy(*without)
    for number in range(tests):
        book.test(f"e2e/{number}")
    diagnosis = diagnose(SYSTEM, book.observations)
    assert diagnosis.causes == ()
    assert diagnosis.verdict == ("pass" if book.observations else "not_proven")


@given(st.floats(min_value=1, max_value=990), st.floats(min_value=0.1, max_value=490))
@QUICK
def test_a_time_within_its_budget_is_no_symptom(connect: float, query: float) -> None:
    book = Notebook()
    book.healthy("web->redis")
    book.edge("web->redis", ms={"auth": connect - 0.6, "query": query})
    assert diagnose(SYSTEM, book.observations).verdict == "pass"


def test_silence_is_not_proven() -> None:
    diagnosis = diagnose(SYSTEM, [])
    assert diagnosis.verdict == "not_proven"
    assert diagnosis.missing_evidence


def test_an_old_incident_in_the_log_is_not_used() -> None:
    book = Notebook()
    book.healthy()
    refused: JsonValue = {"phase": "postgres", "cause": "password authentication failed"}
    book.note("web", "startup.failed", refused, probe="log", revision="r1")
    book.note("web", "startup.failed", refused, probe="log", revision="")
    assert diagnose(SYSTEM, book.observations).verdict == "pass"


def test_what_a_new_probe_finds_well_again_is_no_symptom() -> None:
    book = Notebook()
    book.healthy("web->redis")
    book.edge("web->redis", fails=("auth", "bad_password"))
    assert named(diagnose(SYSTEM, book.observations)) == [("credentials_refused", "redis")]
    book.edge("web->redis")
    assert diagnose(SYSTEM, book.observations).verdict == "pass"


def test_observations_of_another_revision_do_not_count() -> None:
    book = Notebook()
    book.healthy()
    later = book.observations[-1].at + timedelta(seconds=1)
    exited = Observation(
        id="old", at=later, probe="process", subject="web", revision="r1", name="process.state", value="exited"
    )
    assert book.observations[0].revision in {"", REVISION}
    assert diagnose(SYSTEM, [*book.observations, exited]).verdict == "pass"


def test_refused_alone_never_says_that_the_service_is_down() -> None:
    book = Notebook()
    book.edge("web->redis", fails=("tcp", "ECONNREFUSED"))
    diagnosis = diagnose(SYSTEM, book.observations)
    assert diagnosis.verdict == "not_proven"
    assert {"process_dead", "port_closed", "connection_filtered"} <= {r.cause for r in diagnosis.open_rivals}
    assert ("process", "redis") in {(r.probe, r.subject) for r in next_probes(SYSTEM, book.observations, frozenset())}


def test_a_slow_server_is_a_symptom_and_no_cause() -> None:
    book = Notebook()
    book.healthy("web->postgres")
    book.edge("web->postgres", ms={"query": 2400.0})
    diagnosis = diagnose(SYSTEM, book.observations)
    assert diagnosis.verdict == "not_proven"
    assert "server_slow" in {r.cause for r in diagnosis.open_rivals}
    assert any("processor" in wanted for wanted in diagnosis.missing_evidence)


def test_a_slow_model_is_a_symptom_until_its_state_is_known_to_have_changed() -> None:
    book = Notebook()
    book.healthy("worker->llm", "env")
    book.env()
    book.edge("worker->llm", ms={"query": 7330.0})
    assert named(diagnose(SYSTEM, book.observations)) == []
    other = Notebook()
    other.healthy("worker->llm", "env")
    other.env(changed={"LLM_MODEL": "changed"})
    other.edge("worker->llm", ms={"query": 7330.0})
    assert named(diagnose(SYSTEM, other.observations)) == [("llm_slow", "llm")]


def test_a_moment_of_load_is_no_fixed_delay() -> None:
    book = Notebook()
    book.healthy("web->postgres")
    book.edge("web->postgres", ms={"auth": 1141.0}, samples=(1141.0, 841.0, 541.0))
    assert named(diagnose(SYSTEM, book.observations)) == []


def test_a_wait_that_the_same_address_has_no_more_is_no_fixed_delay() -> None:
    book = Notebook()
    book.healthy("web->postgres", "env")
    book.env()
    book.edge("web->postgres", ms={"auth": 1141.0}, samples=(1141.0, 1142.0, 1141.0))
    assert named(diagnose(SYSTEM, book.observations)) == [("connect_delay", "postgres")]
    book.edge("web->postgres", at="r1")
    assert named(diagnose(SYSTEM, book.observations)) == []


def test_each_rule_that_a_variable_breaks_counts() -> None:
    book = Notebook()
    book.env(("PG_PASSWORD", "pattern"), ("PG_PASSWORD", "a rule nobody knows yet"))
    assert named(diagnose(SYSTEM, book.observations)) == [("variable_malformed", "postgres")]


def test_connects_that_vary_are_no_fixed_delay() -> None:
    book = Notebook()
    book.healthy("web->postgres")
    book.edge("web->postgres", ms={"auth": 2000.0}, samples=(1100.0, 2003.0, 4700.0))
    assert named(diagnose(SYSTEM, book.observations)) == []


def test_an_optional_component_is_no_symptom() -> None:
    book = Notebook()
    book.healthy("worker->clickhouse", "clickhouse")
    book.process("clickhouse", "exited", code=-9, listening=False)
    book.edge("worker->clickhouse", fails=("tcp", "ECONNREFUSED"))
    assert diagnose(SYSTEM, book.observations).verdict == "pass"

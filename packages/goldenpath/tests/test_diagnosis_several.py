"""Laws of the engine when more than one thing is true at once: two causes, loud symptoms, time, rank, claims."""

from datetime import datetime, timedelta
from itertools import combinations

import pytest
from diagnosis_bench import BEGIN, DONE, GOOD, SYSTEM, Notebook, failed, named
from diagnosis_cases import CASES, Case
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from goldenpath.diagnosis.engine import diagnose, next_probes
from goldenpath.facts import Diagnosis, Observation

QUICK = settings(max_examples=30, deadline=None)
SHARED = ("journey:", "test:", "web", "revision")
"""Subjects where what one fault leaves tells nothing of another."""


def written(case: Case) -> dict[str, list[Observation]]:
    book = Notebook()
    case.write(book)
    found: dict[str, list[Observation]] = {}
    for one in book.observations:
        found.setdefault(one.subject, []).append(one)
    return found


def well() -> dict[str, list[tuple[str, JsonValue]]]:
    book = Notebook()
    book.healthy()
    found: dict[str, list[tuple[str, JsonValue]]] = {}
    for one in book.observations:
        found.setdefault(one.subject, []).append((one.name, one.value))
    return found


WELL = well()
WRITTEN = {case.name: written(case) for case in CASES}


def sick(case: Case) -> set[str]:
    """Subjects of which this case says something else than that they are well."""
    return {s for s, seen in WRITTEN[case.name].items() if [(o.name, o.value) for o in seen] != WELL.get(s)}


def together(one: Case, other: Case) -> list[Observation]:
    """Both faults at once: of each subject the sick version."""
    mine, others = WRITTEN[one.name], WRITTEN[other.name]
    merged = {**others, **mine, **{s: others[s] for s in sick(other) - sick(one)}}
    return [o.model_copy(update={"id": f"{s}{n}"}) for s, seen in merged.items() for n, o in enumerate(seen)]


def independent(one: Case, other: Case) -> bool:
    """Whether they touch nothing in common, and neither stops the process through which the other shows."""
    own = {c for _, c in (*one.causes, *other.causes)}
    return (
        len(own) == len(one.causes) + len(other.causes)
        and not own & {"web"}
        and not sick(one) & sick(other)
        and not {s for c in (one, other) for s in sick(c) if s.startswith(SHARED)} & {"web", "revision"}
    )


PAIRS = [(a, b) for a, b in combinations(CASES, 2) if independent(a, b)]


def test_there_are_pairs_to_judge() -> None:
    assert len(PAIRS) >= 20


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0].name}+{pair[1].name}")
def test_two_independent_causes_are_both_found(pair: tuple[Case, Case]) -> None:
    one, other = pair
    assert set(named(diagnose(SYSTEM, together(one, other)))) == {*one.causes, *other.causes}


def loud(book: Notebook, tests: int, errors: int) -> None:
    """What everybody sees downstream of anything: red tests, a red run, a red health door, errors in the log."""
    for number in range(tests):
        book.test(f"e2e/loud{number}", "failed", "it did not come")
    book.note("web", "health.status", "unhealthy", probe="health")
    book.note("web", "health.ready", value=False, probe="health")
    for number in range(errors):
        book.note("web", "log.errors", {"text": f"ERROR number {number}", "count": 900}, probe="log")


@QUICK
@given(st.sampled_from(CASES), st.integers(1, 12), st.integers(0, 6))
def test_a_loud_symptom_downstream_is_never_the_cause(case: Case, tests: int, errors: int) -> None:
    book = Notebook()
    case.write(book)
    before = named(diagnose(SYSTEM, book.observations))
    loud(book, tests, errors)
    assert named(diagnose(SYSTEM, book.observations)) == before


@QUICK
@given(st.integers(1, 12), st.integers(0, 6))
def test_loud_symptoms_alone_name_nothing(tests: int, errors: int) -> None:
    book = Notebook()
    book.healthy("journey", "health")
    book.journey()
    loud(book, tests, errors)
    diagnosis = diagnose(SYSTEM, book.observations)
    assert (diagnosis.verdict, diagnosis.causes) == ("not_proven", ())
    assert diagnosis.open_rivals


@QUICK
@given(st.sampled_from(CASES), st.data())
def test_log_lines_of_another_time_change_nothing(case: Case, data: st.DataObject) -> None:
    other = data.draw(st.sampled_from([c for c in CASES if c is not case]))
    book = Notebook()
    case.write(book)
    before = diagnose(SYSTEM, book.observations)
    for cause, component in other.causes:
        text = f"{component}: {cause}: Connection refused, password authentication failed, Error -3"
        book.note("web", "startup.failed", {"phase": component, "cause": text}, probe="log", revision="r0")
        book.note("web", "log.errors", {"text": text, "count": 4000}, probe="log", revision="r0")
    after = diagnose(SYSTEM, book.observations)
    assert (after.causes, after.symptoms) == (before.causes, before.symptoms)


def frozen_since(process: datetime | None, health: datetime | None) -> Diagnosis:
    """Redis is stopped and the health door says so, each since its own time."""
    book = Notebook()
    book.healthy("redis", "health")
    book.process("redis", "frozen")
    book.health("degraded", valkey=("unhealthy", "it did not come back", 1.0))
    began = {"process.state": process, "health.dependency": health}
    seen = [
        o.model_copy(update={"since": began[o.name]}) if o.subject in {"redis", "web"} and o.name in began else o
        for o in book.observations
    ]
    return diagnose(SYSTEM, seen)


def test_each_link_and_each_refutation_cites_what_was_observed() -> None:
    for case in CASES:
        book = Notebook()
        case.write(book)
        known = {o.id for o in book.observations}
        diagnosis = diagnose(SYSTEM, book.observations)
        links = [link for cause in diagnosis.causes for link in cause.chain]
        rivals = [*diagnosis.refuted, *(r for link in links for r in link.rivals if r.reason)]
        assert links
        assert all(link.observations and set(link.observations) <= known for link in links)
        assert all(r.refuted_by and set(r.refuted_by) <= known for r in rivals if r.refuted_by or r.reason)


def silent_run(*, changed: str = "") -> Notebook:
    book = Notebook()
    book.healthy("env", "journey", "web->redis", "worker->redis", "web->postgres", "worker->postgres")
    if changed:
        book.env(changed={changed: "changed"})
    book.journey()
    return book


@pytest.mark.parametrize(("variable", "component"), [("REDIS_PASSWORD", "redis"), ("PG_PASSWORD", "postgres")])
def test_of_like_hypotheses_the_one_where_something_changed_comes_first(variable: str, component: str) -> None:
    diagnosis = diagnose(SYSTEM, silent_run(changed=variable).observations)
    refused = [r.component for r in diagnosis.open_rivals if r.cause == "credentials_refused"]
    assert refused[0] == component
    assert len(refused) > 1


def test_every_open_hypothesis_says_why_it_stands_there_and_what_would_decide_it() -> None:
    diagnosis = diagnose(SYSTEM, silent_run().observations)
    assert [r.score for r in diagnosis.open_rivals] == sorted((r.score for r in diagnosis.open_rivals), reverse=True)
    for rival in diagnosis.open_rivals:
        assert rival.decided_by, rival
        assert rival.explains
        assert rival.reason
        assert 0 <= rival.score <= 1
    assert next_probes(SYSTEM, silent_run().observations, frozenset())


def claim(book: Notebook, cause: str, component: str = "") -> None:
    said: JsonValue = {"cause": cause, "component": component, "statement": f"it is {cause} of {component}"}
    book.note("person", "claim.cause", said, probe="person")


@QUICK
@given(st.sampled_from(CASES), st.sampled_from(["route_broken", "server_slow", "process_dead", "no validation"]))
def test_a_claim_is_judged_and_moves_nothing(case: Case, cause: str) -> None:
    book = Notebook()
    case.write(book)
    before = diagnose(SYSTEM, book.observations)
    claim(book, cause, "redis")
    after = diagnose(SYSTEM, book.observations)
    assert after.model_copy(update={"claims": ()}) == before
    assert len(after.claims) == 1
    assert (after.claims[0].verdict == "refuted") == bool(after.claims[0].observations) or (
        after.claims[0].verdict == "named"
    )


def test_a_claim_that_names_the_cause_is_named_and_another_one_refuted() -> None:
    case = next(c for c in CASES if c.name == "killed_redis")
    book = Notebook()
    case.write(book)
    claim(book, "process_dead", "redis")
    claim(book, "route_broken", "redis")
    claim(book, "the pipeline lacks validation")
    verdicts = {c.cause: c.verdict for c in diagnose(SYSTEM, book.observations).claims}
    assert verdicts == {
        "process_dead": "named",
        "route_broken": "refuted",
        "the pipeline lacks validation": "no_state",
    }


def test_an_effect_does_not_stand_before_its_cause() -> None:
    long_ago, lately = BEGIN - timedelta(hours=3), BEGIN
    both = frozen_since(None, None)
    assert named(both) == [("process_frozen", "redis")]
    explained = {s for c in both.causes for s in c.explains}
    assert explained == {s.id for s in both.symptoms}
    late = frozen_since(lately, long_ago)
    health = next(s.id for s in late.symptoms if s.subject == "web")
    assert named(late) == [("process_frozen", "redis")]
    assert health not in late.causes[0].explains
    assert {r.component for r in late.open_rivals}
    early = frozen_since(long_ago, lately)
    assert {s for c in early.causes for s in c.explains} == {s.id for s in early.symptoms}


def test_value_at_risk_names_the_journey_its_worth_and_its_cause() -> None:
    case = next(c for c in CASES if c.name == "frozen_redis")
    book = Notebook()
    case.write(book)
    risks = diagnose(SYSTEM, book.observations).at_risk
    assert [(r.journey, r.value, r.owner, r.felt, r.causes) for r in risks] == [
        ("chat", "All of it", "runs", True, ("redis:process_frozen",))
    ]
    well_book = Notebook()
    well_book.healthy()
    assert diagnose(SYSTEM, well_book.observations).at_risk == ()


def changed(variable: str) -> Notebook:
    book = Notebook()
    book.healthy("env", "worker->clickhouse", "worker->llm", "journey")
    book.env(changed={variable: "changed"})
    return book


def test_a_change_that_breaks_an_edge_in_a_way_nobody_foresaw_is_named() -> None:
    book = changed("LLM_URL")
    book.edge("worker->llm", fails=("auth", "a_code_of_tomorrow"))
    book.journey(DONE, types=("agent_started", "agent_completed"))
    assert named(diagnose(SYSTEM, book.observations)) == []
    book.edge("worker->llm", at=GOOD)
    found = diagnose(SYSTEM, book.observations).causes
    assert [(c.id, c.component, c.detail["variables"]) for c in found] == [("change_breaks_edge", "llm", ["LLM_URL"])]


def test_a_change_that_makes_an_edge_slow_without_a_constant_is_named() -> None:
    book = changed("LLM_URL")
    book.edge("worker->llm", ms={"first_byte": 2500.0}, samples=(900.0, 2500.0, 4100.0))
    book.journey(DONE, types=("agent_started", "agent_completed"))
    assert named(diagnose(SYSTEM, book.observations)) == []
    book.edge("worker->llm", at=GOOD)
    assert named(diagnose(SYSTEM, book.observations)) == [("change_slows_edge", "llm")]


def test_a_changed_value_that_makes_runs_fail_is_named_only_beside_the_last_good_revision() -> None:
    book = changed("MAX_TURNS")
    book.edge("worker->clickhouse")
    book.edge("worker->llm")
    book.journey(failed("too_many_turns"))
    book.note("code", "code.unchanged", value=True)
    assert named(diagnose(SYSTEM, book.observations)) == []
    quick = next_probes(SYSTEM, book.observations, frozenset())
    slow = next_probes(SYSTEM, book.observations, frozenset(quick))
    assert "journey_at_last_good" not in {request.probe for request in quick}
    assert ("journey_at_last_good", "journey:chat") in {(request.probe, request.subject) for request in slow}
    book.note(f"journey:chat@{GOOD}", "run.terminal", DONE, probe="journey")
    found = diagnose(SYSTEM, book.observations).causes
    assert [(c.id, c.component, c.detail["variables"]) for c in found] == [("change_breaks_run", "web", ["MAX_TURNS"])]


def test_a_change_is_not_blamed_for_what_something_else_explains() -> None:
    book = Notebook()
    book.healthy("env", "redis", "web->redis", "worker->redis")
    book.env(changed={"REDIS_HOST": "changed"})
    book.process("redis", "exited", code=-9, listening=False)
    for edge in ("web->redis", "worker->redis"):
        book.edge(edge, fails=("tcp", "ECONNREFUSED"))
    assert named(diagnose(SYSTEM, book.observations)) == [("process_dead", "redis")]


@pytest.mark.parametrize(
    ("statement", "causes"),
    [
        ("not ready after 8 s: query: model not found: of-last-year", [("llm_model_unknown", "llm")]),
        ("not ready after 8 s: something else", []),
    ],
)
def test_a_model_that_is_served_and_not_listed_is_a_cause_only_where_the_system_does_without_it(
    statement: str, causes: list[tuple[str, str]]
) -> None:
    book = changed("LLM_MODEL")
    book.edge("worker->llm")
    book.note("worker->llm", "model.listed", value=False, probe="edge")
    book.note("web", "start.failed", {"component": "web", "phase": "ready", "statement": statement}, probe="deploy")
    found = named(diagnose(SYSTEM, book.observations))
    assert [cause for cause in found if cause[0] == "llm_model_unknown"] == causes

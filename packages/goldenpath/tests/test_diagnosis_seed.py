"""The evidence of a real night, as it was written down: the engine must not repeat the causes people gave it.

Redis failed with "Error -3", PostgreSQL took 5.03 s three times, an agent run stayed silent for 121 s. The people
named routing between subnets, a small instance and a pipeline without validation. Nothing of that was proven.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from diagnosis_bench import SYSTEM, Notebook, named
from pydantic import JsonValue

from goldenpath.diagnosis.bundle import Bundle, parse
from goldenpath.diagnosis.engine import diagnose, next_probes
from goldenpath.facts import Diagnosis
from goldenpath.probes.record import Recorder
from goldenpath.probes.told import Measured, Read, Told, tell

ERROR_3 = "Error -3 connecting to 10.166.204.83:6379. Temporary failure in name resolution."


def night() -> Notebook:
    """What the worklog quotes; log lines without time, revision or instance are noted as such."""
    book = Notebook()
    for ms in (5128.0, 5043.0, 5031.5):
        book.health(
            "degraded",
            postgres=("degraded", "", ms),
            redis=("failed", ERROR_3, 0.0),
            clickhouse=("healthy", "", 24.24),
        )
    for text in (
        "LLM Manager is None",
        "hostname is missing or empty; port is invalid (None)",
        "Startup validation timed out after 5.0 seconds - possible infinite loop",
    ):
        book.note("web", "log.errors", {"text": text, "count": 1}, probe="log", revision="")
    book.journey(None, types=())
    for number in range(9):
        book.test(f"connect/{number}")
    book.test("events/health_check", "failed", "redis is failed")
    book.test("agents/001", "failed", "no answer after 121.21 s")
    return book


def test_the_honest_stop() -> None:
    diagnosis = diagnose(SYSTEM, night().observations)
    assert diagnosis.verdict == "not_proven"
    assert diagnosis.causes == ()
    subjects = {s.subject for s in diagnosis.symptoms}
    assert {"web", "journey:chat", "test:agents/001", "test:events/health_check"} <= subjects
    open_rivals = {(r.cause, r.component) for r in diagnosis.open_rivals}
    assert {
        ("variable_malformed", "redis"),
        ("name_unresolved", "redis"),
        ("resolver_silent", "resolver"),
    } <= open_rivals
    assert {("connect_delay", "postgres"), ("resolver_slow", "resolver"), ("reporter_waits", "postgres")} <= open_rivals
    assert {("llm_key_refused", "llm"), ("run_not_executed", "web"), ("events_undelivered", "web")} <= open_rivals
    assert diagnosis.missing_evidence


def test_what_people_named_is_refuted_or_unspeakable() -> None:
    diagnosis = diagnose(SYSTEM, night().observations)
    open_rivals = {(r.cause, r.component) for r in diagnosis.open_rivals}
    assert not {("route_broken", "redis"), ("connection_filtered", "redis"), ("port_closed", "redis")} & open_rivals
    assert ("server_slow", "postgres") not in open_rivals
    said = " ".join([*(r.statement for r in diagnosis.open_rivals), *diagnosis.missing_evidence]).lower()
    assert "pipeline" not in said
    assert "validation" not in said


def test_the_deciding_probes_are_asked_for() -> None:
    asked = {(r.probe, r.subject) for r in next_probes(SYSTEM, night().observations, frozenset())}
    assert ("env", "revision") in asked
    assert {subject for probe, subject in asked if probe.startswith("edge")} >= {"web->redis", "web->postgres"}


def value_is_malformed(book: Notebook) -> None:
    book.value("REDIS_HOST", "10.166.204.83\n")
    book.edge("web->redis", fails=("dns", "EAI_AGAIN"), literal=False, stripped="ok")


def resolver_is_silent(book: Notebook) -> None:
    book.env()
    book.value("REDIS_HOST", "cache.internal")
    book.edge("web->redis", fails=("dns", "EAI_AGAIN"), literal=False)


def key_is_refused(book: Notebook) -> None:
    book.edge("worker->llm", fails=("auth", "key_refused"))


def variable_is_empty(book: Notebook) -> None:
    book.env(("PG_HOST", "empty"))


def first_resolver_is_slow(book: Notebook) -> None:
    book.edge("web->postgres", literal=False, ms={"dns": 5006.0})


def connect_is_held(book: Notebook) -> None:
    book.edge("web->postgres", ms={"first_byte": 5004.0}, samples=(5004.0, 5005.0, 5004.5))


def worker_is_frozen(book: Notebook) -> None:
    book.process("worker#0", "frozen")


def password_is_wrong(book: Notebook) -> None:
    book.edge("web->redis", fails=("auth", "bad_password"))


@pytest.mark.parametrize(
    ("probe", "cause"),
    [
        (value_is_malformed, ("variable_malformed", "redis")),
        (resolver_is_silent, ("resolver_silent", "resolver")),
        (key_is_refused, ("llm_key_refused", "llm")),
        (variable_is_empty, ("variable_empty", "postgres")),
        (first_resolver_is_slow, ("resolver_slow", "resolver")),
        (connect_is_held, ("connect_delay", "postgres")),
        (worker_is_frozen, ("process_frozen", "worker")),
        (password_is_wrong, ("credentials_refused", "redis")),
    ],
)
def test_one_deciding_probe_moves_the_conclusion_there_and_nowhere_else(
    probe: Callable[[Notebook], None], cause: tuple[str, str]
) -> None:
    book = night()
    probe(book)
    assert named(diagnose(SYSTEM, book.observations)) == [cause]


def test_a_malformed_value_refutes_routing_by_the_resolver_error_itself() -> None:
    book = night()
    value_is_malformed(book)
    cause = diagnose(SYSTEM, book.observations).causes[0]
    routing = next(r for link in cause.chain for r in link.rivals if r.cause == "route_broken")
    assert routing.refuted_by
    assert "before any packet" in routing.reason


def test_a_refused_key_leaves_redis_and_postgres_unexplained() -> None:
    book = night()
    key_is_refused(book)
    diagnosis = diagnose(SYSTEM, book.observations)
    explained = {i for cause in diagnosis.causes for i in cause.explains}
    left = [s for s in diagnosis.symptoms if s.id not in explained]
    assert left
    assert {r.component for r in diagnosis.open_rivals} >= {"redis", "postgres"}
    assert diagnosis.missing_evidence


def recorded() -> Bundle:
    path = Path(__file__).resolve().parents[3] / "examples/seed-incident/bundle.json"
    return parse(path.read_text(encoding="utf-8"), path.name)


def drawn(bundle: Bundle, *facts: Told) -> Diagnosis:
    recorder = Recorder("t", clock=lambda: bundle.recorded_at)
    seen = (*bundle.observations, *(tell(recorder, fact, "deployed-0021") for fact in facts))
    return diagnose(bundle.system, seen)


def test_the_recorded_night_is_not_proven_and_its_claims_are_judged() -> None:
    bundle = recorded()
    diagnosis = drawn(bundle)
    assert (diagnosis.verdict, diagnosis.causes) == ("not_proven", ())
    verdicts = {(c.cause, c.component): c.verdict for c in diagnosis.claims if c.cause}
    assert verdicts == {
        ("route_broken", "redis"): "refuted",
        ("connection_filtered", "redis"): "refuted",
        ("server_slow", "postgres"): "refuted",
        ("variable_missing", "postgres"): "refuted",
    }
    assert [c.verdict for c in diagnosis.claims if not c.cause] == ["no_state"] * 3
    assert all(c.observations for c in diagnosis.claims if c.verdict == "refuted")
    assert drawn(bundle) == diagnosis


def test_what_survives_the_recorded_night_is_ranked_and_each_names_its_probe() -> None:
    open_rivals = drawn(recorded()).open_rivals
    assert all(r.decided_by and r.reason and r.explains for r in open_rivals)
    first: dict[str, str] = {}
    for rival in open_rivals:
        first.setdefault(rival.component, rival.cause)
    assert (open_rivals[0].cause, open_rivals[0].statement) == ("variable_malformed", "REDIS_HOST is malformed")
    assert first["postgres"] == "reporter_waits"
    assert {first["backend"], first["resolver"]} <= {"run_not_executed", "resolver_slow"}
    known = {(r.cause, r.component) for r in open_rivals}
    assert {("readers_disagree", "backend"), ("start_cut_off", "backend"), ("second_address", "postgres")} <= known
    assert {("run_waits", "backend"), ("loop_blocked", "backend"), ("events_undelivered", "backend")} <= known
    assert not {c for c, component in known if component == "redis"} & {"route_broken", "port_closed", "process_dead"}
    assert ("server_slow", "postgres") not in known


def test_lines_that_nobody_can_place_are_asked_for_and_not_used() -> None:
    diagnosis = drawn(recorded())
    assert any("3 log lines" in wanted for wanted in diagnosis.missing_evidence)
    cited = {i for r in diagnosis.refuted for i in r.refuted_by} | {
        i for s in diagnosis.symptoms for i in s.observations
    }
    assert not cited & {o.id for o in recorded().observations if o.probe == "log"}


def test_the_value_at_risk_is_that_of_answers_and_not_of_connections() -> None:
    assert [(r.journey, r.felt, r.causes) for r in drawn(recorded()).at_risk] == [("answer", True, ())]


def fact(subject: str, name: str, value: JsonValue) -> Told:
    return Measured(type="fact", subject=subject, name=name, value=value)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (
            [fact("revision", "env.value", {"variable": "REDIS_HOST", "shown": repr("10.166.204.83\n"), "length": 14})],
            ("variable_malformed", "redis"),
        ),
        (
            [
                fact("revision", "env.ok", value=True),
                fact("revision", "env.value", {"variable": "REDIS_HOST", "shown": "'cache.internal'", "length": 14}),
                fact("backend->redis", "address.literal", value=False),
                fact("backend->redis", "dns.error", "EAI_AGAIN"),
            ],
            ("resolver_silent", "resolver"),
        ),
        (
            [
                fact(
                    "revision",
                    "env.violation",
                    {"variable": "GEMINI_API_KEY", "rule": "missing", "message": "is missing"},
                )
            ],
            ("variable_missing", "llm"),
        ),
        (
            [
                Read(type="reader", setting="postgres host", reader="the validator", variable="DB_HOST", is_set=False),
                Read(type="reader", setting="postgres host", reader="the pool", variable="POSTGRES_HOST", is_set=True),
            ],
            ("readers_disagree", "backend"),
        ),
    ],
    ids=["malformed value", "silent resolver", "missing key", "two readers"],
)
def test_one_fact_more_moves_the_recorded_night_to_one_cause(facts: list[Told], cause: tuple[str, str]) -> None:
    assert named(drawn(recorded(), *facts)) == [cause]

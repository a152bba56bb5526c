"""The engine asks for what decides: from one symptom, answered probe by probe, it reaches the cause and stops."""

import pytest
from diagnosis_bench import SYSTEM, Notebook, named
from diagnosis_cases import CASES, Case

from goldenpath.diagnosis.engine import diagnose, next_probes
from goldenpath.diagnosis.requests import ProbeRequest
from goldenpath.facts import Observation

MOST_ROUNDS = 6


def answers(request: ProbeRequest, everything: list[Observation]) -> list[Observation]:
    """What the probes of this case would say to the request."""
    subject = request.subject
    match request.probe:
        case "edge" | "edge_samples":
            return [o for o in everything if o.subject == subject]
        case "edge_at_last_good":
            return [o for o in everything if o.subject.startswith(f"{subject}@")]
        case "process":
            return [o for o in everything if o.probe == "process"]
        case "health":
            return [o for o in everything if o.probe in {"health", "version", "deploy", "expected"}]
        case "log":
            return [o for o in everything if o.probe == "log"]
        case "env":
            return [o for o in everything if o.probe == "env"]
        case "code" | "journey_at_last_good":
            return []
        case "host" | "server" | "access" | "public":
            return [o for o in everything if o.probe == request.probe]
        case "schema" | "journey":
            return [o for o in everything if o.subject == subject]


def investigate(first: list[Observation], everything: list[Observation]) -> tuple[list[Observation], int]:
    known, asked, rounds = list(first), set[ProbeRequest](), 0
    while wanted := next_probes(SYSTEM, known, frozenset(asked)):
        assert not asked & set(wanted)
        asked |= set(wanted)
        seen = {o.id for o in known}
        known += [o for request in wanted for o in answers(request, everything) if o.id not in seen]
        rounds += 1
    return known, rounds


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_from_one_symptom_to_the_cause(case: Case) -> None:
    book = Notebook()
    case.write(book)
    everything = book.observations
    ids = diagnose(SYSTEM, everything).symptoms[0].observations
    probes = {(o.probe, o.subject) for o in everything if o.id in ids}
    sweeps = {probe for probe, _ in probes} & {"process"}
    first = [o for o in everything if (o.probe, o.subject) in probes or o.probe in sweeps]
    known, rounds = investigate(first, everything)
    assert set(named(diagnose(SYSTEM, known))) & set(case.causes)
    assert rounds <= MOST_ROUNDS


def test_a_failed_run_alone_leads_to_the_refused_key() -> None:
    book = Notebook()
    next(case for case in CASES if case.name == "key_refused").write(book)
    first = [o for o in book.observations if o.probe == "journey"]
    assert diagnose(SYSTEM, first).verdict == "not_proven"
    known, rounds = investigate(first, book.observations)
    assert named(diagnose(SYSTEM, known)) == [("llm_key_refused", "llm")]
    assert rounds <= MOST_ROUNDS
    llm = ("worker->llm", "llm", "revision", "journey:chat")
    asked_for = {o.subject.split("@")[0] for o in known}
    assert set(llm) <= asked_for


def test_a_healthy_system_is_looked_at_once_and_left() -> None:
    book = Notebook()
    book.healthy()
    known, rounds = investigate([], book.observations)
    assert rounds == 2, "everything that is quick, and then a synthetic run"
    assert diagnose(SYSTEM, known).verdict == "pass"
    assert {o.subject for o in known} >= {"web->postgres", "worker->llm", "journey:chat", "revision", "postgres"}


def test_cheap_probes_come_before_dear_ones() -> None:
    book = Notebook()
    book.edge("web->redis", fails=("tcp", "ECONNREFUSED"))
    wanted = next_probes(SYSTEM, book.observations, frozenset())
    assert wanted[0].probe in {"process", "env"}
    assert "journey" not in {r.probe for r in wanted}


def asked_for(case: str, first_probe: str) -> set[str]:
    """Every probe kind that is asked after these first observations."""
    book = Notebook()
    next(c for c in CASES if c.name == case).write(book)
    known = [o for o in book.observations if o.probe in {first_probe, "env"}]
    everything = [o for o in book.observations if o.probe != "journey"]
    asked = set[ProbeRequest]()
    while wanted := next_probes(SYSTEM, known, frozenset(asked)):
        asked |= set(wanted)
        known += [o for request in wanted for o in answers(request, everything) if o not in known]
    return {request.probe for request in asked}


def test_a_run_that_will_end_is_made_to_refute_the_socket_and_one_that_cannot_end_is_not() -> None:
    assert "journey" in asked_for("key_refused", "edge")
    assert "journey" not in asked_for("frozen_worker", "process")


def test_an_edge_is_measured_once() -> None:
    book = Notebook()
    book.note("web", "start.failed", {"component": "web", "phase": "exit", "statement": "ended"}, probe="deploy")
    wanted = next_probes(SYSTEM, book.observations, frozenset())
    edges = [r.subject for r in wanted if r.probe in {"edge", "edge_samples"}]
    assert edges
    assert len(edges) == len(set(edges))

"""From observations to findings, statuses and the one verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from sample import system

from goldenpath.checks.judge import judge
from goldenpath.checks.status import components
from goldenpath.checks.verdict import verdict_of
from goldenpath.facts import ComponentStatus, Finding, Observation, Verdict
from goldenpath.probes.record import Recorder
from goldenpath.probes.signatures import meaning, timer_of

Fact = tuple[str, str, str, JsonValue]
"""(probe, subject, name, value)"""


def edge(subject: str, **phases: JsonValue) -> list[Fact]:
    """What an edge's probe notes; `tcp_ms=1` or `auth_error="bad_password"`."""
    named = [(f"{name.rpartition('_')[0]}.{name.rpartition('_')[2]}", value) for name, value in phases.items()]
    return [("edge", subject, name, value) for name, value in [("address", "'h:1'"), *named]]


def whole(subject: str) -> list[Fact]:
    return edge(subject, tcp_ms=0.5, first_byte_ms=0.2, auth_ms=3.0, query_ms=0.4)


HEALTHY: list[Fact] = [
    *(fact for target in ("db", "cache", "lake", "model") for fact in whole(f"api->{target}")),
    *(("process", name, "process.state", "running") for name in ("db", "cache", "lake", "model", "api")),
    ("health", "api", "health.status", "healthy"),
    ("health", "api", "health.ready", True),
    ("health", "api", "health.dependency", {"name": "postgres", "status": "ok", "error": "", "ms": 1.0}),
    ("health", "api", "version.revision", "r1"),
    ("health", "api", "version.fingerprint", "f1"),
    ("deploy", "api", "expected.revision", "r1"),
    ("deploy", "api", "expected.fingerprint", "f1"),
    ("schema", "schema", "schema.pending", []),
]


def ended(name: str, code: int) -> list[Fact]:
    return [("process", name, "process.state", "exited"), ("process", name, "process.exit_code", code)]


def seen(*groups: list[Fact]) -> list[Observation]:
    recorder = Recorder()
    facts = [fact for group in groups for fact in group]
    return [recorder.observe(probe=p, subject=s, name=n, value=v) for p, s, n, v in facts]


def wrong(*groups: list[Fact]) -> list[Finding]:
    return [finding for finding in judge(system(), seen(*groups)) if finding.verdict != "pass"]


def status(component: str, *groups: list[Fact]) -> ComponentStatus:
    return next(c for c in components(system(), seen(*groups)) if c.component == component)


def test_a_healthy_system_has_no_finding_that_does_not_pass() -> None:
    findings = judge(system(), seen(HEALTHY))
    assert verdict_of(findings) == "pass"
    assert {finding.check for finding in findings} == {"edge", "health", "version", "process", "schema"}
    assert {c.status for c in components(system(), seen(HEALTHY))} == {"healthy"}


def test_every_finding_that_passes_or_fails_has_its_evidence() -> None:
    observations = seen(HEALTHY, edge("api->db", tcp_error="ECONNREFUSED"))
    ids = {o.id for o in observations}
    for finding in judge(system(), observations):
        assert finding.observations
        assert set(finding.observations) <= ids


SLOW: JsonValue = {"phase": "connect", "ms": 9, "budget_ms": 5}
SICK: JsonValue = {"name": "valkey", "status": "failed", "error": "auth"}


@pytest.mark.parametrize(
    ("facts", "check", "subject", "says"),
    [
        (edge("api->db", tcp_error="ECONNREFUSED"), "edge", "api->db", "nobody listens"),
        (edge("api->db", tcp_ms=1.0, first_byte_error="timeout"), "edge", "api->db", "stopped or blocked"),
        ([("edge", "api->db", "budget.exceeded", SLOW)], "budget", "api->db", "9 ms of 5 ms"),
        ([("process", "db", "process.state", "frozen")], "process", "db", "stopped by a signal"),
        (ended("db", -9), "process", "db", "exit code -9"),
        ([("process", "db", "process.listening", False)], "process", "db", "nothing listens"),
        ([("health", "api", "health.status", "unhealthy")], "health", "api", "says unhealthy"),
        ([("health", "api", "health.ready", False)], "health", "api", "ready"),
        ([("health", "api", "health.dependency", SICK)], "health", "api", "auth"),
        ([("health", "api", "version.revision", "r0")], "version", "api", "revision r0 answers, r1 was deployed"),
        ([("deploy", "api", "expected.fingerprint", "f2")], "version", "api", "f1 answers, f2 was deployed"),
        ([("schema", "schema", "schema.pending", ["0003_x"])], "schema", "schema", "not applied: 0003_x"),
    ],
)
def test_each_fault_fails_its_own_check(facts: list[Fact], check: str, subject: str, says: str) -> None:
    found = [f for f in wrong(HEALTHY, facts) if f.check == check]
    assert [(f.subject, f.verdict) for f in found] == [(subject, "fail")]
    assert says in found[0].statement


@pytest.mark.parametrize(
    "facts",
    [
        [("edge", "api->db", "address", "'h:1'")],
        edge("api->db", tcp_ms=1.0, first_byte_ms=1.0),
        [("process", "db", "process.state", "starting")],
        [("schema", "schema", "schema.error", "no database")],
    ],
)
def test_what_was_not_seen_to_the_end_is_not_proven(facts: list[Fact]) -> None:
    base = [fact for fact in HEALTHY if fact[2] != "schema.pending"]
    findings = judge(system(), seen(base, facts))
    assert verdict_of(findings) == "not_proven"


def test_an_edge_that_nobody_probed_is_not_proven() -> None:
    facts = [fact for fact in HEALTHY if fact[1] != "api->db"]
    assert [(f.subject, f.verdict) for f in wrong(facts)] == [("api->db", "not_proven")]


def test_a_later_probe_replaces_an_earlier_one() -> None:
    assert wrong(edge("api->db", tcp_error="ECONNREFUSED"), HEALTHY) == []


def test_an_optional_component_does_not_block() -> None:
    findings = judge(system(), seen(HEALTHY, edge("api->lake", tcp_error="ECONNREFUSED")))
    assert [(f.subject, f.required) for f in findings if f.verdict == "fail"] == [("api->lake", False)]
    assert verdict_of(findings) == "pass"


def test_statuses_tell_degraded_from_unhealthy() -> None:
    assert status("db", HEALTHY, edge("api->db", tcp_error="ECONNREFUSED")).status == "unhealthy"
    slow: list[Fact] = [("edge", "api->db", "budget.exceeded", {"phase": "query", "ms": 9, "budget_ms": 5})]
    assert status("db", HEALTHY, slow).status == "degraded"
    told: list[Fact] = [("health", "api", "health.dependency", SICK)]
    assert status("cache", HEALTHY, told).status == "degraded"
    assert status("api", HEALTHY, [("health", "api", "health.status", "degraded")]).status == "degraded"
    assert status("api", HEALTHY, [("health", "api", "health.status", "timeout")]).status == "unhealthy"
    assert status("db").status == "unknown"


def test_a_status_has_times_by_phase_revision_and_pid() -> None:
    found = status("db", HEALTHY, [("process", "db", "process.pid", 7)])
    assert found.ms == {"tcp": 0.5, "first_byte": 0.2, "auth": 3.0, "query": 0.4}
    assert found.pid == 7
    assert status("api", HEALTHY).revision == "r1"


def finding(verdict: Verdict, *, required: bool) -> Finding:
    return Finding(check="c", subject="s", verdict=verdict, statement="", required=required)


FINDINGS = st.lists(st.builds(finding, st.sampled_from(["pass", "fail", "not_proven"]), required=st.booleans()))


@given(FINDINGS)
def test_the_verdict_passes_only_when_something_required_was_proven(findings: list[Finding]) -> None:
    required = {f.verdict for f in findings if f.required}
    verdict = verdict_of(findings)
    assert (verdict == "fail") == ("fail" in required)
    assert (verdict == "pass") == (required == {"pass"})


@given(FINDINGS, FINDINGS)
def test_more_findings_never_better_a_verdict_that_fails(some: list[Finding], more: list[Finding]) -> None:
    assert verdict_of(some) != "fail" or verdict_of([*some, *more]) == "fail"


def test_five_seconds_are_a_timer() -> None:
    assert [timer_of(ms) for ms in (5006.0, 5031.5, 10010.0, 4900.0, 5200.0, 3.0)] == [
        5000.0,
        5000.0,
        10000.0,
        None,
        None,
        None,
    ]


def test_an_unknown_error_is_told_as_it_is() -> None:
    assert meaning("auth", "other: strange") == "auth: strange"

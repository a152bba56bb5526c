"""Which fix a cause asks for: pure, permitted by the manifest, equal fingerprints for equal plans, nothing harmful."""

import pytest
from diagnosis_bench import SYSTEM, Notebook
from diagnosis_cases import CASES, Case
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenpath.diagnosis.engine import diagnose
from goldenpath.facts import Cause, Fix, Permission
from goldenpath.manifest.model import System
from goldenpath.manifest.repairs import Permissions
from goldenpath.remediation.plan import plan

GOOD = "r1"
KINDS = (
    "set_variable",
    "restore_variable",
    "strip_variable",
    "restart",
    "continue_process",
    "run_migrations",
    "roll_back",
)


def cause_of(name: str) -> Cause:
    book = Notebook()
    next(case for case in CASES if case.name == name).write(book)
    return diagnose(SYSTEM, book.observations).causes[0]


def planned(name: str, last_good: str = GOOD, system: System = SYSTEM) -> Fix:
    fix = plan(cause_of(name), system, last_good)
    assert fix is not None
    return fix


def test_a_missing_variable_is_restored_from_the_last_good_revision() -> None:
    fix = planned("missing_host")
    assert [a.model_dump() for a in fix.actions] == [
        {"type": "restore_variable", "variable": "PG_HOST", "from_revision": GOOD}
    ]


def test_without_a_last_good_revision_the_manifest_is_the_source() -> None:
    assert planned("missing_host", last_good="").actions[0].model_dump()["from_revision"] == ""


def test_white_space_is_stripped() -> None:
    assert [a.type for a in planned("trailing_newline").actions] == ["strip_variable"]


def test_quotes_are_not_stripped_but_restored() -> None:
    assert [a.type for a in planned("quoted_host").actions] == ["restore_variable"]


def test_only_the_changed_variables_are_restored() -> None:
    assert [a.model_dump()["variable"] for a in planned("slow_hop").actions] == ["PG_PORT"]
    assert [a.model_dump()["variable"] for a in planned("key_refused").actions] == ["LLM_KEY"]


def test_a_frozen_process_is_continued_by_its_pid() -> None:
    fix = planned("frozen_worker")
    assert [(a.type, a.model_dump()["pid"]) for a in fix.actions] == [("continue_process", 4005)]


def test_migrations_run_by_the_command_of_the_manifest() -> None:
    assert planned("pending_migration").actions[0].model_dump()["command"] == ("desk", "migrate")


def test_environments_that_migrate_differently_are_left_to_people() -> None:
    other = SYSTEM.environments["local"].model_copy(update={"migrate": ("desk", "migrate", "--other")})
    system = SYSTEM.model_copy(update={"environments": {**SYSTEM.environments, "other": other}})
    assert plan(cause_of("pending_migration"), system, GOOD) is None


def test_a_broken_event_contract_goes_back_to_what_was_good() -> None:
    assert planned("events_lost").actions[0].model_dump() == {"type": "roll_back", "to_revision": GOOD}
    assert plan(cause_of("events_lost"), SYSTEM, "") is None


@pytest.mark.parametrize(
    "name", ["llm_of_others_hangs", "password_at_server", "rate_limited", "disk_full", "no_route", "silent_resolver"]
)
def test_what_the_revision_did_not_change_has_no_fix_of_ours(name: str) -> None:
    assert plan(cause_of(name), SYSTEM, GOOD) is None


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(CASES), st.sampled_from(["", GOOD]))
def test_a_plan_is_a_pure_function_of_cause_and_manifest(case: Case, last_good: str) -> None:
    cause = cause_of(case.name)
    first, second = plan(cause, SYSTEM, last_good), plan(cause, SYSTEM, last_good)
    assert first == second
    if first:
        assert {a.type for a in first.actions} <= set(KINDS) - {"set_variable"}
        assert first.expected
        renumbered = cause.model_copy(update={"explains": (), "statement": "said otherwise"})
        again = plan(renumbered, SYSTEM, last_good)
        assert again is not None
        assert again.fingerprint == first.fingerprint


def test_fingerprints_differ_by_cause_component_and_action() -> None:
    names = ("missing_host", "trailing_newline", "wrong_password", "killed_redis", "killed_worker", "slow_hop")
    assert len({planned(name).fingerprint for name in names}) == len(names)
    assert planned("missing_host").fingerprint != planned("missing_host", last_good="r0").fingerprint


@pytest.mark.parametrize("permission", ["auto", "ask", "never"])
def test_a_fix_has_the_permission_of_the_manifest(permission: Permission) -> None:
    permissions = Permissions(restart=permission)
    system = SYSTEM.model_copy(update={"remediation": permissions})
    assert planned("killed_redis", system=system).permission == permission
    assert planned("missing_host", system=system).permission == "auto"

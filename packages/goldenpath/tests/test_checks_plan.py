"""What a revision would reach and take, judged on paper: addresses against the plan of the network, and budgets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample import MANIFEST

from goldenpath.checks.budgets import MIB, check_budgets
from goldenpath.checks.network import breaches, check_network, reach_of
from goldenpath.checks.verdict import verdict_of
from goldenpath.manifest.model import System
from goldenpath.manifest.parse import parse
from goldenpath.probes.record import Recorder

PLAN = """
[network]
outside = ["TRACKER_URL"]

[network.reach]
cache = ["loopback", "private"]

[network.subnets]
db = ["10.166.204.80/29"]

[[budgets]]
component = "api"
of = "db"
connections = 10
memory_mb = 100

[environments.production]
target = "local"

[environments.production.variables]
MODEL_URL = "https://model.internal/v1"
"""
SYSTEM: System = parse(MANIFEST + PLAN)
GOOD = {
    "DB_HOST": "10.166.204.83",
    "DB_PORT": "5432",
    "CACHE_HOST": "127.0.0.1",
    "CACHE_PORT": "6379",
    "LAKE_HOST": "127.0.0.1",
    "LAKE_PORT": "8123",
    "MODEL_URL": "http://127.0.0.1:9/v1",
    "API_HOST": "127.0.0.1",
    "API_PORT": "8000",
    "TRACKER_URL": "https://tracker.example/in",
}


def rules(**changes: str) -> list[tuple[str, str, bool]]:
    return [(b.rule, b.variable, b.required) for b in breaches(SYSTEM, "local", {**GOOD, **changes})]


def test_addresses_that_are_as_planned_pass() -> None:
    assert rules() == []
    seen, findings = check_network(Recorder("o"), SYSTEM, "local", GOOD, "r1")
    assert [o.name for o in seen] == ["plan.ok"]
    assert verdict_of(findings) == "pass"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"CACHE_HOST": "203.0.113.7"}, ("reach", "CACHE_HOST", True)),
        ({"DB_HOST": "10.1.0.5"}, ("subnet", "DB_HOST", True)),
        ({"MODEL_URL": "https://model.internal/v1"}, ("other_environment", "MODEL_URL", True)),
        ({"DB_HOST": ""}, ("no_address", "DB_HOST", False)),
        ({"LAKE_PORT": "6379"}, ("one_address", "LAKE_HOST", False)),
        ({"HOOK_URL": "https://somewhere.example/x"}, ("not_named", "HOOK_URL", False)),
    ],
)
def test_each_way_to_leave_the_plan_is_told(changes: dict[str, str], expected: tuple[str, str, bool]) -> None:
    assert rules(**changes) == [expected]
    _, findings = check_network(Recorder("o"), SYSTEM, "local", {**GOOD, **changes}, "r1")
    assert verdict_of(findings) == ("fail" if expected[2] else "pass")


def test_an_environment_may_have_its_own_addresses() -> None:
    own = {**GOOD, "MODEL_URL": "https://model.internal/v1"}
    assert [b.rule for b in breaches(SYSTEM, "production", own)] == []


@given(st.ip_addresses(v=4))
def test_an_address_is_of_one_kind_and_a_name_of_none(address: object) -> None:
    assert reach_of(str(address)) in {"loopback", "private", "public"}
    assert reach_of(f"host-{str(address).replace('.', '-')}.internal") is None


@given(st.integers(min_value=1, max_value=200))
def test_connections_fit_when_two_revisions_and_operators_have_room(most: int) -> None:
    found = {f.subject: f for f in check_budgets(SYSTEM, {"db": most}, 1000 * MIB)}
    assert (found["db"].verdict == "pass") == (int(most * 0.9) >= 20)


def test_what_nobody_knows_blocks_nothing_and_what_cannot_fit_does() -> None:
    unknown = {f.subject: f for f in check_budgets(SYSTEM, {}, 1000 * MIB)}
    assert (unknown["db"].verdict, unknown["db"].required) == ("not_proven", False)
    small = {f.subject: f for f in check_budgets(SYSTEM, {"db": 100}, 100 * MIB)}
    assert (small["host"].verdict, small["host"].required) == ("fail", True)
    late = {f.subject: f for f in check_budgets(SYSTEM, {"db": 100}, 1000 * MIB)}["journey:buy"]
    assert (late.verdict, late.required) == ("pass", True) or not late.required

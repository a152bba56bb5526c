"""What a manifest of any system may leave out or say otherwise than netra's, and what the pure parts make of it."""

import pytest
from pydantic import JsonValue

from goldenpath.checks.edges import check_edges
from goldenpath.checks.env import check_env
from goldenpath.checks.implied import implied_contract
from goldenpath.checks.processes import check_processes
from goldenpath.checks.version import check_version
from goldenpath.facts import Observation
from goldenpath.manifest.model import Address, Component, Kind, System
from goldenpath.manifest.own import like, own_variables
from goldenpath.manifest.parse import parse, read
from goldenpath.probes.address import target_of
from goldenpath.probes.record import Recorder

SMALL = """
[system]
name = "small"

[contract]
revision_variable = "REVISION"

[components.store]
kind = "postgres"
lifetime = "environment"
address = { url = "DATABASE_URL" }

[components.mail]
kind = "tcp"
lifetime = "environment"
required = false
address = { host = "MAIL_HOST", port = "MAIL_PORT" }

[components.api]
kind = "web"
lifetime = "revision"
run = ["api"]
variables = { PORT = "API_PORT" }
address = { url = "API_URL" }

[components.web]
kind = "web"
lifetime = "revision"
run = ["web"]
address = { host = "WEB_HOST", port = "WEB_PORT" }

[[edges]]
from = "web"
to = "mail"

[doors]
component = "web"
ready = "/"

[journeys.look]
title = "Look"
value = "all"
owner = "us"
needs = ["web"]

[[journeys.look.requests]]
path = "/"

[environments.local]
target = "local"

[environments.local.variables]
REVISION = "{revision}"
DATABASE_PASSWORD = "{secret:43}"
DATABASE_URL = "postgresql://app:{variable:DATABASE_PASSWORD}@db.internal:5433/shop?sslmode=disable"
MAIL_HOST = "mail"
MAIL_PORT = "25"
API_PORT = "{port:api}"
API_URL = "http://127.0.0.1:{port:api}/v1"
WEB_HOST = "127.0.0.1"
WEB_PORT = "{port:web}"
"""


@pytest.fixture
def system() -> System:
    return parse(SMALL)


def of_url(kind: Kind, url: str) -> tuple[str, str, str, str, str, bool]:
    component = Component(kind=kind, lifetime="environment", address=Address(url="URL"))
    target = target_of(component, {"URL": url})
    assert target is not None
    assert not target.problem, target.problem
    login = target.user, target.password.get_secret_value()
    return (target.host, target.port, *login, target.database, target.tls)


@pytest.mark.parametrize(
    ("kind", "url", "means"),
    [
        ("postgres", "postgres://a:p%40s@h:5433/d?x=1", ("h", "5433", "a", "p@s", "d", False)),
        ("postgres", "postgresql+asyncpg://h/d", ("h", "5432", "", "", "d", False)),
        ("redis", "redis://:pw@h/0", ("h", "6379", "", "pw", "", False)),
        ("redis", "rediss://u:pw@[::1]:6380", ("::1", "6380", "u", "pw", "", True)),
        ("web", "https://h/v1", ("h", "443", "", "", "", True)),
        ("tcp", "amqp://u:p@h:5672/v", ("h", "5672", "u", "p", "", False)),
    ],
)
def test_one_variable_may_be_the_whole_address(kind: Kind, url: str, means: tuple[object, ...]) -> None:
    assert of_url(kind, url) == means


def test_an_address_of_another_kind_is_a_problem_and_shows_no_login() -> None:
    component = Component(kind="redis", lifetime="environment", address=Address(url="URL"))
    target = target_of(component, {"URL": "http://u:geheim@h/"})
    assert target is not None
    assert target.problem == "URL is no redis or rediss address"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{variable:DATABASE_PASSWORD}", "{variable:NOBODY}", "no variable is named 'NOBODY'"),
        ('API_PORT = "{port:api}"', 'API_PORT = "{variable:DATABASE_URL}"', "is made of other variables itself"),
        ('{ PORT = "API_PORT" }', '{ PORT = "NOBODY" }', "no environment has a variable 'NOBODY'"),
        ('run = ["api"]\n', "", "its lifetime is `environment`"),
        ('{ url = "API_URL" }', '{ user = "X" }', "an address needs the key `host` or `url`"),
        ("{port:web}", "{file:}", ""),
    ],
)
def test_what_cannot_work_is_refused(old: str, new: str, says: str) -> None:
    found = read(SMALL.replace(old, new, 1))
    if says:
        assert isinstance(found, tuple)
        assert any(says in problem.message for problem in found)


def environ(name: str, api: str, password: str) -> dict[str, str]:
    return {
        "REVISION": name,
        "DATABASE_PASSWORD": password,
        "DATABASE_URL": f"postgresql://app:{password}@db.internal:5433/shop?sslmode=disable",
        "MAIL_HOST": "mail",
        "MAIL_PORT": "25",
        "API_PORT": api,
        "API_URL": f"http://127.0.0.1:{api}/v1",
        "WEB_HOST": "127.0.0.1",
        "WEB_PORT": f"3{api}",
    }


def changes(system: System, before: dict[str, str], after: dict[str, str]) -> tuple[dict[str, JsonValue], list[str]]:
    """What changed, by variable, and the statements of what does not pass."""
    own = own_variables(system, system.environments["local"])
    seen, findings = check_env(Recorder(), implied_contract(system, "local"), after, like(before, after, own), "r2")
    said = [o.value for o in seen if o.name == "env.changed" and isinstance(o.value, dict)]
    wrong = [finding.statement for finding in findings if finding.verdict != "pass"]
    return {str(value["variable"]): value["change"] for value in said}, wrong


GOOD = environ("r1", "4001", "one-password-of-43")
NEXT = environ("r2", "4002", "one-password-of-43")


def test_what_each_revision_has_of_its_own_is_no_change(system: System) -> None:
    assert changes(system, GOOD, NEXT) == ({}, [])


def test_a_change_of_the_rest_of_an_address_is_seen_beside_its_own_port(system: System) -> None:
    assert changes(system, GOOD, NEXT | {"API_URL": "http://127.0.0.1:9/v1"}) == ({"API_URL": "changed"}, [])
    assert changes(system, GOOD, NEXT | {"API_URL": "http://127.0.0.1:4002/v2"}) == ({"API_URL": "changed"}, [])


def test_a_change_of_what_a_variable_is_made_of_is_one_change(system: System) -> None:
    other = environ("r2", "4002", "another-password")
    assert changes(system, GOOD, other) == ({"DATABASE_PASSWORD": "changed"}, [])


def test_what_an_address_is_made_of_is_missing_and_not_the_address_too(system: System) -> None:
    lacking = {n: v for n, v in NEXT.items() if n not in {"DATABASE_PASSWORD", "DATABASE_URL"}}
    changed, wrong = changes(system, GOOD, lacking)
    assert changed == {"DATABASE_PASSWORD": "removed"}
    assert wrong == ["DATABASE_PASSWORD: required, and not set"]


def test_the_address_alone_is_missing(system: System) -> None:
    lacking = {n: v for n, v in NEXT.items() if n != "DATABASE_URL"}
    changed, wrong = changes(system, GOOD, lacking)
    assert changed == {"DATABASE_URL": "removed"}
    assert [statement.partition(":")[0] for statement in wrong] == ["DATABASE_URL"]


def test_a_secret_is_one_by_its_name_its_placeholder_or_what_it_is_made_of(system: System) -> None:
    properties = implied_contract(system, "local")["properties"]
    assert isinstance(properties, dict)
    secret = {name for name, rule in properties.items() if isinstance(rule, dict) and rule.get("x-secret")}
    assert secret == {"DATABASE_PASSWORD", "DATABASE_URL"}


def seen_of(subject: str, name: str, value: JsonValue, probe: str) -> Observation:
    return Recorder().observe(probe=probe, subject=subject, name=name, value=value)


def test_servers_of_others_need_no_process_here(system: System) -> None:
    running = [seen_of(name, "process.state", "running", "process") for name in ("api", "web")]
    assert {finding.subject for finding in check_processes(system, running)} == {"api", "web"}


def test_a_server_that_is_not_spoken_to_is_reached_by_tcp(system: System) -> None:
    reached = [seen_of("web->mail", "address", "x", "edge"), seen_of("web->mail", "tcp.ms", 0.5, "edge")]
    assert [finding.verdict for finding in check_edges(system, reached)] == ["pass"]


def test_a_system_that_promises_no_version_is_not_blamed_for_telling_none(system: System) -> None:
    told = [seen_of("web", "expected.revision", "r1", "deploy")]
    assert {(f.verdict, f.required) for f in check_version(system, told)} == {("not_proven", False)}

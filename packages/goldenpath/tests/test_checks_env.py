import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from goldenpath.checks.contract import violations
from goldenpath.checks.env import check_env, effective
from goldenpath.manifest.own import like
from goldenpath.probes.record import Recorder

SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "properties": {
        "ENVIRONMENT": {"type": "string", "enum": ["local", "test"]},
        "DB_HOST": {"type": "string", "pattern": "^[a-z0-9.-]+$", "not": {"pattern": "^localhost$"}},
        "DB_PORT": {"type": "string", "pattern": r"^\d+$", "default": "5432"},
        "DB_PASSWORD": {"type": "string", "minLength": 12, "pattern": r"^\S+$", "x-secret": True},
        "PRICE": {"type": "string", "pattern": r"^\$[0-9]+[$]?\$?$"},
        "MODEL_URL": {"type": "string"},
        "MODEL_KEY": {"type": "string", "x-secret": True},
        "REVISION": {"type": "string", "x-process-only": True},
    },
    "required": ["DB_HOST", "DB_PASSWORD", "ENVIRONMENT"],
    "dependentRequired": {"MODEL_URL": ["MODEL_KEY"], "MODEL_KEY": ["MODEL_URL"]},
}
GOOD = {"ENVIRONMENT": "test", "DB_HOST": "db.internal", "DB_PASSWORD": "a-long-password"}


def rules(environ: dict[str, str]) -> set[tuple[str, str]]:
    return {(v.variable, v.rule) for v in violations(SCHEMA, environ)}


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in GOOD.items() if name not in names}


def test_good_variables_pass_with_one_finding() -> None:
    seen, findings = check_env(Recorder(), SCHEMA, GOOD, None, "r1")
    assert [o.name for o in seen] == ["env.value", "env.ok"]
    assert [(f.verdict, f.observations) for f in findings] == [("pass", (seen[1].id,))]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (without("DB_HOST"), {("DB_HOST", "missing")}),
        (GOOD | {"DB_HOST": ""}, {("DB_HOST", "empty")}),
        (GOOD | {"DB_PASSWORD": ""}, {("DB_PASSWORD", "empty")}),
        (GOOD | {"DB_HOST": "10.0.0.1\n"}, {("DB_HOST", "white_space")}),
        (GOOD | {"DB_PORT": "5432\n"}, {("DB_PORT", "white_space")}),
        (GOOD | {"DB_PASSWORD": " a-long-password"}, {("DB_PASSWORD", "white_space")}),
        (GOOD | {"DB_PORT": "None"}, {("DB_PORT", "pattern")}),
        (GOOD | {"DB_HOST": "localhost"}, {("DB_HOST", "not_allowed")}),
        (GOOD | {"DB_PASSWORD": "short"}, {("DB_PASSWORD", "too_short")}),
        (GOOD | {"ENVIRONMENT": "prod"}, {("ENVIRONMENT", "enum")}),
        (GOOD | {"MODEL_URL": "http://m"}, {("MODEL_KEY", "incomplete_group")}),
        (GOOD | {"MODEL_KEY": "k"}, {("MODEL_URL", "incomplete_group")}),
        (GOOD | {"PRICE": "$12$"}, set[tuple[str, str]]()),
        (GOOD | {"PRICE": "12"}, {("PRICE", "pattern")}),
        ({}, {("DB_HOST", "missing"), ("DB_PASSWORD", "missing"), ("ENVIRONMENT", "missing")}),
    ],
)
def test_each_rule_is_broken_by_what_breaks_it(environ: dict[str, str], expected: set[tuple[str, str]]) -> None:
    assert rules(environ) == expected


def test_everything_wrong_is_found_at_once() -> None:
    seen, findings = check_env(Recorder(), SCHEMA, {"DB_HOST": "a b", "DB_PORT": "x", "MODEL_URL": " "}, None, "r1")
    assert len(findings) == 6
    assert all(f.verdict == "fail" and len(f.observations) == 1 for f in findings)
    assert {o.revision for o in seen} == {"r1"}


def test_a_contract_that_closes_its_list_names_strangers() -> None:
    closed = {**SCHEMA, "additionalProperties": False}
    (found,) = violations(closed, GOOD | {"TYPO": "x"})
    assert (found.variable, found.rule) == ("TYPO", "unknown")


@pytest.mark.parametrize("broken", [{"type": "nonsense"}, {"properties": {"A": {"type": "string", "pattern": "("}}}])
def test_a_contract_that_is_no_schema_proves_nothing(broken: dict[str, JsonValue]) -> None:
    seen, findings = check_env(Recorder(), broken, {"A": "x"}, None, "r1")
    assert seen == ()
    assert [f.verdict for f in findings] == ["not_proven"]


def test_hosts_are_shown_with_their_length_and_secrets_never() -> None:
    environ = GOOD | {"DB_HOST": "10.0.0.1\n", "MODEL_KEY": "key-of-the-model", "MODEL_URL": "http://m"}
    seen, _ = check_env(Recorder(), SCHEMA, environ, None, "r1")
    shown = {o.value["variable"]: o.value for o in seen if o.name == "env.value" and isinstance(o.value, dict)}
    assert shown["DB_HOST"] == {"variable": "DB_HOST", "shown": "'10.0.0.1\\n'", "length": 9}
    assert set(shown) == {"DB_HOST", "MODEL_URL"}


OWN = frozenset({"REVISION"})


def test_changes_against_the_last_good_revision() -> None:
    before = GOOD | {"DB_PORT": "5433", "REVISION": "r1", "STRANGE": "who-knows"}
    after = GOOD | {"DB_HOST": "other", "MODEL_URL": "http://m", "MODEL_KEY": "key-of-m", "REVISION": "r2"}
    after["DB_PASSWORD"] = "another-long-password"
    seen, _ = check_env(Recorder(), SCHEMA, after, like(before, after, OWN), "r2")
    changed = {o.value["variable"]: o.value for o in seen if o.name == "env.changed" and isinstance(o.value, dict)}
    assert {name: value["change"] for name, value in changed.items()} == {
        "DB_HOST": "changed",
        "DB_PASSWORD": "changed",
        "DB_PORT": "removed",
        "MODEL_KEY": "added",
        "MODEL_URL": "added",
        "STRANGE": "removed",
    }
    assert (changed["DB_HOST"]["before"], changed["DB_HOST"]["after"]) == ("db.internal", "other")
    for name in ("DB_PASSWORD", "MODEL_KEY", "STRANGE"):
        assert (changed[name]["secret"], changed[name]["before"], changed[name]["after"]) == (True, None, None)


def test_equal_variables_are_said_to_be_equal() -> None:
    before, after = GOOD | {"REVISION": "r1"}, GOOD | {"REVISION": "r2"}
    seen, _ = check_env(Recorder(), SCHEMA, after, like(before, after, OWN), "r2")
    assert "env.unchanged" in {o.name for o in seen}


def test_defaults_of_the_contract_are_what_the_system_sees() -> None:
    assert effective(SCHEMA, GOOD)["DB_PORT"] == "5432"
    assert effective(SCHEMA, GOOD | {"DB_PORT": "1"})["DB_PORT"] == "1"


NAMES = ["DB_HOST", "DB_PASSWORD", "MODEL_URL", "PRICE", "OTHER"]
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=30)


@given(SECRETS, SECRETS, st.dictionaries(st.sampled_from(NAMES), st.text(max_size=9), max_size=4))
def test_no_secret_is_ever_shown(secret: str, old: str, rest: dict[str, str]) -> None:
    environ = rest | {"MODEL_KEY": secret, "DB_HOST": f"http://me:{secret}@host", "DB_PASSWORD": f"{secret} \n"}
    seen, findings = check_env(Recorder(), SCHEMA, environ, {"MODEL_KEY": old, "DB_PASSWORD": old}, "r1")
    for record in (*seen, *findings):
        words = [str(word) for word in json.loads(record.model_dump_json()).values()]
        assert not [word for word in words if secret in word or old in word]


@given(
    st.dictionaries(st.sampled_from(["ENVIRONMENT", "DB_HOST", "DB_PORT", "MODEL_KEY", *NAMES]), st.text(max_size=9))
)
def test_verdict_and_violations_agree(environ: dict[str, str]) -> None:
    found = violations(SCHEMA, environ)
    _, findings = check_env(Recorder(), SCHEMA, environ, None, "r1")
    assert [f.verdict for f in findings] == (["fail"] * len(found) or ["pass"])
    assert {v.variable for v in found} >= {"DB_PASSWORD", "DB_HOST", "ENVIRONMENT"} - set(environ)

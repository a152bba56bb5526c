"""The file of LLM_CONFIG: what it says, and what is wrong with it, by line."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from netra.cli.config import command
from netra.errors import ConfigError
from netra.settings.contract import check, fingerprint, load, shown
from netra.settings.llm_file import read_file

KEY = "a-key-of-more-than-thirty-two-characters"
WHOLE = """\
[providers.main]
kind = "anthropic"
key = "LLM_KEY_MAIN"

[providers.own]
kind = "openai_compatible"
base_url = "https://models.example.com/v1"
key = "LLM_KEY_OWN"
lists_models = false

[models.large]
provider = "main"
name = "claude-sonnet-5"

[models.small]
provider = "own"
name = "qwen"
temperature = 0.3

[roles]
data = ["large", "small"]
reporting = ["small"]

[breaker]
failures = 3

[cache]
ttl_s = 600
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "llm.toml"
    path.write_text(WHOLE)
    return path


@pytest.fixture
def known(environ: Mapping[str, str], file: Path) -> dict[str, str]:
    return {**environ, "LLM_CONFIG": str(file), "LLM_KEY_MAIN": KEY, "LLM_KEY_OWN": KEY[::-1]}


def test_models_and_providers_come_in_the_order_of_the_file(known: Mapping[str, str]) -> None:
    llm = load(known).llm
    assert llm is not None
    assert {role: [model.name for model in models] for role, models in llm.roles.items()} == {
        "data": ["claude-sonnet-5", "qwen"],
        "reporting": ["qwen"],
    }
    assert [(p.name, p.kind, p.base_url) for p in llm.providers] == [
        ("main", "anthropic", "https://api.anthropic.com"),
        ("own", "openai_compatible", "https://models.example.com/v1"),
    ]
    assert llm.providers[1].api_key.get_secret_value() == KEY[::-1]
    assert (llm.breaker.failures, llm.retry.tries, llm.cache_ttl_s) == (3, 2, 600)


def test_no_key_is_shown_and_each_changes_the_fingerprint(known: Mapping[str, str], file: Path) -> None:
    assert KEY not in str(shown(known))
    assert shown(known)["LLM_KEY_MAIN"] == f"set ({len(KEY)} characters)"
    assert KEY not in repr(load(known))
    before = fingerprint(known)
    assert fingerprint({**known, "LLM_KEY_OWN": KEY}) != before
    file.write_text(WHOLE.replace("failures = 3", "failures = 4"))
    assert fingerprint(known) != before


def test_the_short_form_still_means_one_provider(environ: Mapping[str, str]) -> None:
    short = {**environ, "LLM_BASE_URL": "http://127.0.0.1:1/v1", "LLM_MODEL": "m", "LLM_API_KEY": KEY}
    llm = load(short).llm
    assert llm is not None
    assert {role: [m.name for m in models] for role, models in llm.roles.items()} == {
        "triage": ["m"],
        "data": ["m"],
        "reporting": ["m"],
    }
    assert [(p.name, p.kind) for p in llm.providers] == [("llm", "openai_compatible")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "anthropic"', 'kind = "antropic"', ":2: providers.main.kind: Input should be 'openai'"),
        ('key = "LLM_KEY_MAIN"', f'key = "{KEY}"', ":3: providers.main.key: String should match pattern"),
        ('base_url = "https://models.example.com/v1"\n', "", ":5: providers.own: openai_compatible needs base_url"),
        ('provider = "own"', 'provider = "ours"', ":16: models.small.provider: there is no [providers.ours]"),
        ('data = ["large", "small"]', 'data = ["huge"]', ":21: roles.data: there is no [models.huge]"),
        ('data = ["large", "small"]', 'data = ["large", "large"]', ":21: roles.data: names a model twice"),
        ("failures = 3", "failures = 0", ":25: breaker.failures: Input should be greater than or equal to 1"),
        ("ttl_s = 600", "ttl = 600", ":28: cache.ttl: Extra inputs are not permitted"),
        ("[cache]", "[cache", "at line 27"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(file: Path, old: str, new: str, said: str) -> None:
    assert old in WHOLE
    file.write_text(WHOLE.replace(old, new))
    with pytest.raises(ConfigError) as wrong:
        read_file(file)
    assert said in wrong.value.message
    assert str(file) in wrong.value.message


def test_keys_that_are_missing_weak_or_doubled_break_the_contract(known: Mapping[str, str]) -> None:
    environ = {**known, "LLM_KEY_OWN": "short", "LLM_BASE_URL": "http://127.0.0.1:1/v1"}
    del environ["LLM_KEY_MAIN"]
    found = {(v.variable, v.rule) for v in check(environ)}
    assert {("LLM_KEY_MAIN", "missing"), ("LLM_KEY_OWN", "too_short"), ("LLM_BASE_URL", "conflict")} <= found
    for path, said in (("/nowhere.toml", "/nowhere.toml: cannot be read"), ("llm.toml", "is no absolute path")):
        absent = [v for v in check({**known, "LLM_CONFIG": path}) if v.variable == "LLM_CONFIG"]
        assert said in absent[0].message


def test_production_refuses_an_endpoint_on_this_machine(known: Mapping[str, str], file: Path) -> None:
    file.write_text(WHOLE.replace("https://models.example.com/v1", "http://127.0.0.1:8080/v1"))
    found = [v for v in check({**known, "ENVIRONMENT": "production"}) if v.variable == "LLM_CONFIG"]
    assert [v.rule for v in found] == ["localhost"]
    assert "providers.own.base_url" in found[0].message


def test_the_file_has_a_schema_that_its_example_keeps() -> None:
    told = CliRunner().invoke(command, ["schema", "--llm"])
    assert told.exit_code == 0
    schema = json.loads(told.output)
    Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]) == {"providers", "models", "roles", "retry", "breaker", "cache"}

"""The env contract: what it refuses, that it says everything at once, and that both forms of it agree."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.errors import ConfigError
from netra.settings.contract import ENVIRONMENTS, check, fingerprint, load, shown
from netra.settings.model import Environment
from netra.settings.rules import is_loopback, violations
from netra.settings.schema import schema
from netra.settings.timeouts import Timeouts
from netra.settings.variables import BY_NAME, VARIABLES

SECRET = "s3cr3t-that-must-never-be-shown-anywhere-0123456789"
KEY = base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("=")
GOOD = {
    "ENVIRONMENT": "staging",
    "NETRA_REVISION": "r7",
    "POSTGRES_HOST": "db.internal",
    "POSTGRES_PASSWORD": SECRET,
    "REDIS_HOST": "10.166.204.83",
    "REDIS_PASSWORD": SECRET,
    "CLICKHOUSE_HOST": "events.internal",
    "CLICKHOUSE_PASSWORD": SECRET,
    "AUTH_SIGNING_KEY": KEY,
    "PUBLIC_URL": "https://netra.acme.dev",
    "CORS_ORIGINS": "https://app.acme.dev,https://admin.acme.dev",
}


def rules(environ: dict[str, str], environment: Environment = "staging") -> dict[str, str]:
    return {v.variable: v.rule for v in violations(environ, environment)}


def faults(environment: Environment, environ: dict[str, str]) -> list[Any]:
    """What the JSON Schema finds."""
    validator: Any = jsonschema.Draft202012Validator(schema(environment))
    return list(validator.iter_errors(environ))


def test_a_complete_environment_has_no_violation_and_fills_the_settings() -> None:
    assert check(GOOD) == ()
    settings = load(GOOD)
    assert (settings.postgres.host, settings.postgres.port) == ("db.internal", 5432)
    assert settings.llm is None
    assert settings.web.cors_origins == ("https://app.acme.dev", "https://admin.acme.dev")
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value", "rule"),
    [
        ("POSTGRES_HOST", None, "missing"),
        ("POSTGRES_HOST", "", "empty"),
        ("REDIS_HOST", "10.166.204.83\n", "white_space"),
        ("REDIS_HOST", ' "10.166.204.83"', "white_space"),
        ("REDIS_HOST", '"10.166.204.83"', "format"),
        ("REDIS_HOST", "redis://10.166.204.83", "format"),
        ("REDIS_HOST", "10.166.204.83:6379", "format"),
        ("REDIS_HOST", "10.166.204.83.", "format"),
        ("POSTGRES_HOST", "localhost", "localhost"),
        ("POSTGRES_HOST", "127.0.0.1", "localhost"),
        ("POSTGRES_HOST", "::1", "localhost"),
        ("POSTGRES_PORT", "None", "format"),
        ("POSTGRES_PORT", "0", "format"),
        ("POSTGRES_PORT", "65536", "format"),
        ("POSTGRES_PASSWORD", "short", "too_short"),
        ("POSTGRES_PASSWORD", "change-me-change-me-change-me-change-me", "placeholder"),
        ("AUTH_SIGNING_KEY", "k" * 40, "format"),
        ("PUBLIC_URL", "netra.acme.dev", "format"),
        ("PUBLIC_URL", "http://netra.acme.dev", "format"),
        ("PUBLIC_URL", "https://localhost:8000", "localhost"),
        ("CORS_ORIGINS", "https://app.acme.dev/", "format"),
        ("LLM_ROLES", "triage,poet", "format"),
        ("LOG_LEVEL", "loud", "format"),
    ],
)
def test_one_broken_variable_is_named_with_its_rule(variable: str, value: str | None, rule: str) -> None:
    environ = {k: v for k, v in GOOD.items() if k != variable} | ({} if value is None else {variable: value})
    assert rules(environ) == {variable: rule}


def test_the_model_is_given_whole_or_not_at_all() -> None:
    found = rules(GOOD | {"LLM_BASE_URL": "https://models.acme.dev/v1"})
    assert found == {"LLM_MODEL": "incomplete_group", "LLM_API_KEY": "incomplete_group"}


def test_addresses_that_only_https_protects_need_it_where_people_are() -> None:
    plain = GOOD | {"PUBLIC_URL": "http://netra.acme.dev", "OIDC_ISSUER": "http://login.acme.dev"}
    plain |= {"OIDC_CLIENT_ID": "netra", "OIDC_CLIENT_SECRET": SECRET}
    for environment in ("staging", "production"):
        assert rules(plain, environment) == {"PUBLIC_URL": "format", "OIDC_ISSUER": "format"}
        assert rules(GOOD | {"PUBLIC_URL": "HTTPS://netra.acme.dev"}, environment) == {}
        told = faults(environment, plain)
        assert sorted(str(error.absolute_path[0]) for error in told) == ["OIDC_ISSUER", "PUBLIC_URL"]
    assert rules(plain, "test") == {}


def test_a_workers_metrics_need_their_token_outside_this_machine() -> None:
    port = {"WORKER_METRICS_PORT": "9464"}
    for environment in ("test", "staging", "production"):
        assert rules(GOOD | port, environment) == {"METRICS_TOKEN": "incomplete_group"}
        assert rules(GOOD | port | {"METRICS_TOKEN": SECRET}, environment) == {}
        told = faults(environment, GOOD | port)
        assert [error.validator for error in told] == ["dependentRequired"]
    assert rules(GOOD | port, "local") == {}


def test_everything_that_is_wrong_is_said_at_once_and_no_secret_is() -> None:
    broken = {"ENVIRONMENT": "production", "POSTGRES_PASSWORD": SECRET + "\n", "POSTGRES_PORT": "None"}
    with pytest.raises(ConfigError) as caught:
        load(broken)
    required = [v.name for v in VARIABLES if "production" in v.required_in and v.name != "POSTGRES_PASSWORD"]
    assert all(name in caught.value.message for name in [*required, "POSTGRES_PASSWORD", "POSTGRES_PORT"])
    assert SECRET not in caught.value.message


TOLD = {
    "METRICS_TOKEN": SECRET,
    "WORKER_METRICS_PORT": "9464",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",
    "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abcdefghijklmnopqrstuvw,x-team=a",
    "OTEL_TRACES_SAMPLER_ARG": "0.25",
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true",
}


def test_telemetry_is_off_until_asked_for() -> None:
    off, on = load(GOOD).telemetry, load(GOOD | TOLD).telemetry
    assert (off.metrics_token, off.worker_metrics_port, off.collector, off.trace_content) == (None, None, "", False)
    assert on.metrics_token is not None
    assert (on.worker_metrics_port, on.trace_share, on.trace_content) == (9464, 0.25, True)
    assert on.collector == "http://127.0.0.1:4318", "a collector usually runs beside the process"
    assert "abcdefg" not in repr(on)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_EXPORTER_OTLP_HEADERS", "a-header-without-a-value-and-quite-long-too"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer abcdefghijklmnopqrstuvw"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
        ("OTEL_TRACES_SAMPLER_ARG", "50%"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"),
        ("METRICS_TOKEN", "short"),
    ],
)
def test_telemetry_that_could_not_work_is_refused(variable: str, value: str) -> None:
    assert list(rules(GOOD | {variable: value})) == [variable]
    assert SECRET not in str(violations(GOOD | {variable: value}, "staging"))


def test_test_is_like_staging_but_may_use_this_machine() -> None:
    assert rules(GOOD | {"POSTGRES_HOST": "127.0.0.1"}, "test") == {}


@given(
    st.sampled_from(
        ["localhost", "LOCALHOST", "a.localhost", "127.0.0.1", "127.255.255.254", "::1", "[::1]", ".".join("0000")]
    )
)
def test_every_name_of_this_machine_is_known(host: str) -> None:
    assert is_loopback(host)


names = st.sampled_from([v.name for v in VARIABLES])
values = st.one_of(
    st.none(),
    st.sampled_from(
        ["", " ", "a", "10.0.0.1", "localhost", "None", "8123", "https://a.dev", "x" * 43, "data", "a\nb", "info"]
    ),
    st.text(alphabet="ab1.:/-_ \n\"'", max_size=8),
)


@given(st.sampled_from(ENVIRONMENTS), st.dictionaries(names, values, max_size=4))
def test_the_schema_refuses_what_the_rules_refuse(environment: Environment, changes: dict[str, str | None]) -> None:
    """The schema may be coarser (it cannot know placeholders), but never refuses what the rules allow."""
    environ = {k: v for k, v in (GOOD | changes).items() if v is not None}
    found = rules(environ, environment)
    validator = jsonschema.Draft202012Validator(schema(environment))
    errors = validator.iter_errors(environ)  # pyright: ignore[reportUnknownMemberType] - jsonschema's overload
    refused = {str(e.path[0]) if e.path else "" for e in errors}
    named = {v for v, rule in found.items() if rule not in {"missing", "incomplete_group", "placeholder"}}
    finer = {
        v
        for v in named
        if BY_NAME[v].kind not in {"host", "port", "choice", "roles", "ratio"}
        or environ[v].count(":") > 1
        # Python's `$` matches before a last line break; that of JSON Schema does not.
        or environ[v].endswith("\n")
    }
    assert refused - {""} <= set(found)
    assert named - finer <= refused
    assert bool(refused) <= bool(found)


@given(names, st.text(min_size=1, max_size=5))
def test_the_fingerprint_changes_with_every_variable_of_the_revision(name: str, value: str) -> None:
    changed = GOOD | {name: value}
    same = BY_NAME[name].process_only or GOOD.get(name, BY_NAME[name].default) == value
    assert (fingerprint(changed) == fingerprint(GOOD)) == same


def test_values_are_shown_and_secrets_only_by_length() -> None:
    lines = shown(GOOD)
    assert lines["POSTGRES_HOST"] == "db.internal"
    assert lines["POSTGRES_PASSWORD"] == f"set ({len(SECRET)} characters)"
    assert SECRET not in json.dumps(lines)


def test_the_table_of_deadlines_refuses_a_wrong_order() -> None:
    with pytest.raises(ValueError, match="llm_call_s must be below tool_s"):
        Timeouts(llm_call_s=55.0)


def netra(*words: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "netra.cli.main", *words]
    return subprocess.run(command, env={"PATH": ""} | environ, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_prints_the_violations_as_json_and_exits_1() -> None:
    done = netra("config", "check", "--output", "json", environ=GOOD | {"REDIS_HOST": "10.0.0.1\n"})
    result = json.loads(done.stdout)
    assert (done.returncode, result["verdict"]) == (1, "fail")
    assert [(v["variable"], v["rule"]) for v in result["violations"]] == [("REDIS_HOST", "white_space")]
    assert SECRET not in done.stdout + done.stderr


def test_a_file_of_variables_is_checked_and_its_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "revision.env"
    path.write_text("# a comment\n" + "\n".join(f"{k}={json.dumps(v)}" for k, v in GOOD.items()), encoding="utf-8")
    done = netra("config", "check", "--env-file", str(path), environ={})
    assert (done.returncode, done.stdout) == (0, "staging: pass, 0 violations\n")
    path.write_text("POSTGRES_HOST db\n", encoding="utf-8")
    done = netra("config", "check", "--env-file", str(path), environ={})
    assert done.returncode == 2
    assert f"{path}:1" in done.stderr


def test_only_one_module_reads_the_environment() -> None:
    source = Path(__file__).resolve().parents[1] / "src/netra"
    readers = {
        str(p.relative_to(source))
        for p in source.rglob("*.py")
        if any(word in p.read_text(encoding="utf-8") for word in ("os.environ", "os.getenv", "environb"))
    }
    assert readers == {"settings/contract.py"}

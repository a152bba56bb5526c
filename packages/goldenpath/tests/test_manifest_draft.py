"""Drafts of a manifest: whatever a compose file or a Procfile says, the draft is a sound manifest."""

import json
import tomllib
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenpath.errors import UsageError
from goldenpath.manifest.dotenv import pairs, quoted
from goldenpath.manifest.draft.compose import read_compose
from goldenpath.manifest.draft.folder import read_folder
from goldenpath.manifest.draft.procfile import read_procfile
from goldenpath.manifest.draft.service import Given
from goldenpath.manifest.draft.text import Draft, draft
from goldenpath.manifest.model import System
from goldenpath.manifest.parse import parse, read

COMPOSE = """
services:
  api:
    build: ./api
    ports: ["8080:8000"]
    environment:
      DATABASE_URL: postgresql+asyncpg://shop:${DB_PASSWORD}@db:5432/shop
      REDIS_HOST: cache
      REDIS_PORT: 6379
      REDIS_PASS: ${CACHE_PASSWORD}
      REDIS_TLS: "off"
      MODE: api
      LOG_LEVEL: ${LOG_LEVEL:-info}
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8000/healthz"]
  jobs:
    build: {context: ., dockerfile: jobs.Dockerfile}
    command: python -u work.py --port 8000
    environment: ["REDIS_HOST=cache", "REDIS_PORT=6379", "MODE=jobs", "API_URL=http://api:8000/v1", "FROM_SHELL"]
  db:
    image: registry.example/library/postgres:16-alpine
    ports: ["15432:5432"]
  cache:
    image: redis:7
    ports: [{target: 6379, published: 16379}]
  metrics:
    image: prom/prometheus
"""
DOCKERFILE = """
FROM python:3.12 AS build
CMD ["never"]
FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 NAME="a b"
EXPOSE 8000
ENTRYPOINT ["python", "-m"]
CMD ["http.server", \\
     "8000"]
"""
GIVEN = {
    "DB_PASSWORD": Given(text="{file:DB_PASSWORD}", value="hunter22"),
    "CACHE_PASSWORD": Given(text="{file:CACHE_PASSWORD}", value="hunter33"),
}


def drafted(compose: str = COMPOSE) -> Draft:
    texts = {"./api/Dockerfile": DOCKERFILE}
    source = read_compose("compose.yaml", compose, GIVEN, ".env", lambda path: texts.get(path, ""))
    return draft(source, "shop", "local")


def system() -> System:
    return parse(drafted().text)


def test_services_that_are_built_here_are_run_and_images_of_others_are_not() -> None:
    components = system().components
    assert components["api"].run == ("python", "-m", "http.server", "{port:api}")
    assert components["api"].folder == "api"
    assert components["jobs"].run == ("python", "-u", "work.py", "--port", "8000")
    assert (components["db"].kind, components["db"].run) == ("postgres", None)
    assert (components["cache"].kind, components["cache"].run) == ("redis", None)


def test_edges_and_addresses_follow_from_the_variables() -> None:
    found = system()
    assert {(e.source, e.target) for e in found.edges} == {
        ("api", "db"),
        ("api", "cache"),
        ("jobs", "cache"),
        ("jobs", "api"),
    }
    assert found.components["db"].address is not None
    assert found.components["db"].address.url == "DATABASE_URL"
    assert found.components["cache"].address is not None
    said = found.components["cache"].address.model_dump()
    assert {field: variable for field, variable in said.items() if variable} == {
        "host": "REDIS_HOST",
        "port": "REDIS_PORT",
        "password": "REDIS_PASS",
        "tls": "REDIS_TLS",
    }


def test_addresses_lead_to_this_machine_and_secrets_stay_in_their_file() -> None:
    local = system().environments["local"]
    assert local.env_file == ".env"
    assert local.variables["DATABASE_URL"] == "postgresql+asyncpg://shop:{file:DB_PASSWORD}@127.0.0.1:15432/shop"
    assert (local.variables["REDIS_HOST"], local.variables["REDIS_PORT"]) == ("127.0.0.1", "16379")
    assert local.variables["API_URL"] == "http://127.0.0.1:{port:api}/v1"
    assert "hunter22" not in drafted().text


def test_a_name_that_means_two_things_is_told_apart() -> None:
    found = system()
    assert found.components["api"].variables == {"MODE": "API_MODE"}
    assert found.components["jobs"].variables == {"MODE": "JOBS_MODE"}
    local = found.environments["local"].variables
    assert (local["API_MODE"], local["JOBS_MODE"], local["LOG_LEVEL"]) == ("api", "jobs", "info")


def test_the_published_door_is_the_front_and_its_health_check_says_when_it_is_ready() -> None:
    doors = system().doors
    assert (doors.component, doors.ready) == ("api", "/healthz")


def test_what_cannot_be_known_is_said() -> None:
    remarks = "\n".join(drafted().remarks)
    assert "db: goldenpath does not start it: it must run at 127.0.0.1:15432" in remarks
    assert "metrics: left out" in remarks


def test_a_procfile_gives_processes_their_port_and_the_servers_its_variables_name() -> None:
    given = {"REDIS_URL": Given(text="redis://localhost:6380/1", value="redis://localhost:6380/1")}
    text = "release: python migrate.py\nweb: gunicorn app --bind :$PORT\nworker: A=1 python work.py\n# no\n"
    found = parse(draft(read_procfile(text, given, ""), "shop", "local").text)
    assert found.components["web"].run == ("sh", "-c", "exec gunicorn app --bind :$PORT")
    assert found.components["web"].variables == {"PORT": "WEB_PORT"}
    assert found.components["worker"].kind == "worker"
    assert found.components["redis"].address is not None
    assert found.environments["local"].variables["REDIS_URL"] == "redis://127.0.0.1:6380/1"
    assert found.environments["local"].migrate == ("python", "migrate.py")


NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,10}", fullmatch=True)
VARIABLES = st.dictionaries(st.from_regex(r"[A-Z][A-Z0-9_]{0,10}", fullmatch=True), st.text(max_size=20), max_size=4)
SERVICES = st.fixed_dictionaries(
    {},
    optional={
        "image": st.sampled_from(["redis", "postgres:16", "example/own", "mysql:8", ""]),
        "build": st.sampled_from([".", "./api", {"context": "x"}]),
        "command": st.one_of(st.sampled_from(["python app.py", "a && b"]), st.lists(st.text(max_size=8), max_size=3)),
        "ports": st.lists(st.sampled_from(["80", "8080:80", "127.0.0.1:81:80/tcp"]), max_size=2),
        "environment": VARIABLES,
        "depends_on": st.lists(NAMES, max_size=2),
    },
)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(NAMES, SERVICES, min_size=1, max_size=4))
def test_every_draft_is_toml_and_wrong_only_about_a_missing_door(services: dict[str, object]) -> None:
    found = drafted(yaml.safe_dump({"services": services}))
    tomllib.loads(found.text)
    sound = read(found.text)
    if isinstance(sound, tuple):
        assert not found.front, sound


@pytest.mark.parametrize(("text", "says"), [("a: [", "not YAML"), ("a: 1", "no services"), ("services: 3", "no ser")])
def test_what_is_no_compose_file_is_refused(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        drafted(text)


def test_a_folder_without_either_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing says how"):
        read_folder(tmp_path)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("export A = b # remark", "b"),
        ('A="b # c"', "b # c"),
        ("A='x y' # z", "x y"),
        ("A=", ""),
        ('A="x\\ny"', "x\ny"),
    ],
)
def test_lines_of_env_files(line: str, value: str) -> None:
    assert dict(pairs(f"# A=no\n{line}\nnot a line\n")) == {"A": value}


@given(st.text(max_size=60))
def test_no_env_file_makes_the_reader_fail(text: str) -> None:
    assert json.dumps(dict(pairs(text)))


@given(st.text(max_size=40))
def test_what_is_written_to_an_env_file_is_read_again(value: str) -> None:
    assert dict(pairs(f"A={quoted(value)}\nB=b\n")) == {"A": value, "B": "b"}


ASKING = """
services:
  api:
    build: .
    command: python app.py --port 8000
    environment:
      DATABASE_URL: postgresql://shop:hunter22@db:5432/shop
      SESSION_KEY: ${SESSION_KEY:?say it}
      REGION: ${REGION}
      TIER: ${TIER:+paid}
      LEVEL: ${LEVEL:-info}
    ports: ["8000"]
  db:
    image: postgres:16
"""


def test_a_secret_of_the_compose_file_and_a_value_that_it_lacks_belong_to_the_file_of_the_environment() -> None:
    found = draft(read_compose("compose.yaml", ASKING, {}, "", lambda _: ""), "shop", "local")
    local = parse(found.text).environments["local"]
    assert (local.env_file, local.variables["SESSION_KEY"]) == (".env", "{file:SESSION_KEY}")
    assert (local.variables["DATABASE_URL"], local.variables["REGION"]) == ("{file:DATABASE_URL}", "{file:REGION}")
    assert (local.variables["TIER"], local.variables["LEVEL"]) == ("", "info")
    assert found.secrets == {"DATABASE_URL": "postgresql://shop:hunter22@127.0.0.1:5432/shop"}
    assert "hunter22" not in found.text
    wanted = [remark for remark in found.remarks if "write it into .env" in remark]
    assert [remark.partition(":")[0] for remark in wanted] == ["REGION", "SESSION_KEY"]


def test_a_file_of_the_environment_that_is_there_is_left_as_it_is() -> None:
    given = {"SESSION_KEY": Given(text="{file:SESSION_KEY}", value="abc")}
    source = read_compose("compose.yaml", ASKING, given, ".env", lambda _: "")
    found = draft(source.model_copy(update={"in_file": frozenset(given)}), "shop", "local")
    assert found.secrets == {}
    remarks = [remark for remark in found.remarks if ".env" in remark]
    assert remarks == [
        "REGION: compose.yaml gives no value: write it into .env",
        "DATABASE_URL: it is a secret: move it to .env and say {file:DATABASE_URL}",
    ]

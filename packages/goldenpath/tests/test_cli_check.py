"""`goldenpath check` on a deployed system: a web process, two workers, a Valkey and a PostgreSQL, all real."""

import asyncio
import json
import os
import signal
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from small_system import WEB, write_project

from goldenpath.cli.main import root
from goldenpath.cli.options import open_context
from goldenpath.deploy.local.target import LocalTarget

HONEST = WEB.replace(
    'body = json.dumps({"revision"',
    'own = __import__("subprocess").check_output([sys.executable, "fingerprint.py"], text=True).strip()\n'
    '        body = json.dumps({"fingerprint": own, "revision"',
)
"""The door, telling its fingerprint, too."""


def target_of(project: Path) -> LocalTarget:
    context = open_context(project, "")
    return LocalTarget(context.system, project, context.environment)


async def deploy(target: LocalTarget) -> str:
    await target.ensure()
    revision = await target.prepare({})
    started = await target.start(revision.name)
    assert started.ready, started.statement
    await target.promote(revision.name)
    return revision.name


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """A project whose first revision is live."""
    folder = tmp_path_factory.mktemp("check")
    write_project(folder)
    (folder / "web.py").write_text(HONEST)
    asyncio.run(deploy(target_of(folder)))
    yield folder
    asyncio.run(target_of(folder).down())


def check(project: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(root, ["check", "--project", str(project), "--output", "json", *words])
    return done.exit_code, json.loads(done.stdout.splitlines()[-1])


def wrong(result: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Statements of what does not pass, by check and subject."""
    return {(f["check"], f["subject"]): f["statement"] for f in result["findings"] if f["verdict"] != "pass"}


def test_without_a_deployment_nothing_is_proven(tmp_path: Path) -> None:
    write_project(tmp_path)
    code, result = check(tmp_path)
    assert (code, result["verdict"]) == (3, "not_proven")
    assert wrong(result) == {("deployed", "local"): "nothing is deployed: run `goldenpath deploy`"}


def test_a_healthy_system_passes_with_times_by_phase(project: Path) -> None:
    code, result = check(project)
    assert wrong(result) == {}
    assert (code, result["verdict"], result["revision"]) == (0, "pass", "r1")
    statuses = {name: component["status"] for name, component in result["components"].items()}
    assert statuses == dict.fromkeys(["cache", "store", "web", "worker"], "healthy")
    assert {"tcp_ms", "first_byte_ms", "auth_ms", "query_ms"} <= set(result["components"]["cache"])
    assert result["seconds"] > 0


def test_every_finding_has_evidence_that_is_in_the_result(project: Path) -> None:
    _, result = check(project)
    ids = {o["id"] for o in result["observations"]}
    assert all(f["observations"] and set(f["observations"]) <= ids for f in result["findings"])


def test_no_secret_is_in_the_result(project: Path) -> None:
    secrets = json.loads((project / ".goldenpath" / "local" / "secrets.json").read_text())
    _, result = check(project)
    printed = json.dumps(result)
    assert secrets
    assert not [value for value in secrets.values() if str(value) in printed]


def test_people_see_a_table_and_the_verdict(project: Path) -> None:
    done = CliRunner().invoke(root, ["check", "--project", str(project)])
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("component")
    assert any(line.startswith("cache") and "healthy" in line for line in lines)
    assert lines[-1].startswith("pass - ")


def test_a_revision_with_a_dirty_host_fails_at_the_resolver(project: Path) -> None:
    revision = asyncio.run(target_of(project).prepare({"REDIS_HOST": "127.0.0.1\n"}, based_on="r1")).name
    code, result = check(project, "--revision", revision)
    assert code == 1
    assert wrong(result)["edge", "web->cache"].startswith("dns EAI_NONAME")
    stripped = [o["value"] for o in result["observations"] if o["name"] == "tcp.stripped"]
    assert stripped == ["ok"]


def test_an_unknown_revision_is_an_error(project: Path) -> None:
    done = CliRunner().invoke(root, ["check", "--project", str(project), "--revision", "r99"])
    assert done.exit_code != 0
    assert "r99" in str(done.exception)


def test_a_frozen_dependency_is_found_and_its_process_named(project: Path) -> None:
    statuses = asyncio.run(target_of(project).processes())
    pid = next(s.pid for s in statuses if s.component == "cache")
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        code, result = check(project)
    finally:
        os.kill(pid, signal.SIGCONT)
    found = wrong(result)
    assert code == 1
    assert found["edge", "web->cache"].startswith("first_byte timeout: process")
    assert found["process", "cache"] == "is stopped by a signal"
    assert result["components"]["cache"]["status"] == "unhealthy"

"""`goldenpath init` as a new user tries it: a Procfile, a server that runs already, and nothing else."""

import asyncio
import json
import secrets
import socket
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from small_system import valkey_server

from goldenpath.cli.main import root
from goldenpath.cli.options import open_context
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.manifest.dotenv import pairs

WEB = """
import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Door(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"hello": os.environ["GREETING"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Door).serve_forever()
"""
WORKER = "import time\ntime.sleep(600)\n"


@pytest.fixture
def redis_port(tmp_path: Path) -> Generator[int]:
    """A Valkey that somebody else runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = int(held.getsockname()[1])
    command = [str(valkey_server()), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.02)
    yield port
    server.kill()
    server.wait()


@pytest.fixture
def project(tmp_path: Path, redis_port: int) -> Generator[Path]:
    folder = tmp_path / "Hello World"
    folder.mkdir()
    (folder / "Procfile").write_text("web: python web.py --port $PORT\nworker: python worker.py\n")
    (folder / "web.py").write_text(WEB)
    (folder / "worker.py").write_text(WORKER)
    (folder / ".env").write_text(f"REDIS_URL=redis://localhost:{redis_port}/0\nGREETING={secrets.token_hex(4)}\n")
    yield folder
    context = open_context(folder, "")
    asyncio.run(LocalTarget(context.system, folder, context.environment).down())


def call(project: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(root, [*words, "--project", str(project), "--output", "json"])
    return done.exit_code, json.loads(done.stdout.splitlines()[-1])


def test_from_a_procfile_to_a_check_that_passes(project: Path) -> None:
    code, found = call(project, "init")
    assert (code, found["problems"], found["front"]) == (0, [], "web")
    assert (project / "e2e/test_front.py").exists()
    with (project / "goldenpath.toml").open("a", encoding="utf-8") as manifest:
        manifest.write("\n[watch]\nseconds = 2\n")
    code, deployed = call(project, "deploy")
    assert code == 0, deployed
    code, checked = call(project, "check", "--journeys")
    assert code == 0, [f for f in checked["findings"] if f["verdict"] != "pass"]
    assert checked["components"]["redis"]["status"] == "healthy"


def test_a_manifest_that_is_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("web: python web.py --port $PORT\n")
    (tmp_path / "goldenpath.toml").write_text("mine")
    code, said = call(tmp_path, "init")
    assert (code != 0, said["error"]["hint"]) == (True, "give --force to write over it")
    assert (tmp_path / "goldenpath.toml").read_text() == "mine"
    assert call(tmp_path, "init", "--force")[0] == 0


def test_secrets_of_a_compose_file_go_to_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(
        "services:\n  api: {build: ., command: python app.py, environment: {API_TOKEN: 'a b\"c'}, ports: ['80']}\n"
    )
    code, said = call(tmp_path, "init")
    assert (code, said["written"][:2]) == (0, ["goldenpath.toml", ".env"])
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert dict(pairs((tmp_path / ".env").read_text())) == {"API_TOKEN": 'a b"c'}
    assert 'API_TOKEN = "{file:API_TOKEN}"' in (tmp_path / "goldenpath.toml").read_text()

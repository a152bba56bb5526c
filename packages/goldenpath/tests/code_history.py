"""A project whose revisions carry code, with a git history: one small server, asked by one journey."""

import subprocess
from pathlib import Path

from goldenpath.manifest.model import System
from goldenpath.manifest.parse import load

MANIFEST = """
[system]
name = "greeter"

[contract]
revision_variable = "REVISION"

[components.web]
kind = "web"
lifetime = "revision"
run = ["python", "{artefact}/src/main.py"]
address = { host = "HOST", port = "PORT" }

[doors]
component = "web"
ready = "/ready"
version = "/version"
revision_field = "revision"

[journeys.greet]
title = "Be greeted"
value = "Everybody is greeted"
owner = "us"
needs = ["web"]

[[journeys.greet.requests]]
path = "/greet"
expect = { word = "hello" }

[artefact]
paths = ["src"]
verify = ["python", "-m", "goldenpath.probes.imports", "{artefact}/src"]

[watch]
seconds = 0

[environments.local]
target = "local"

[environments.local.variables]
REVISION = "{revision}"
HOST = "127.0.0.1"
PORT = "{port:web}"
"""
MAIN = """
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from words import greeting


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps({"revision": os.environ["REVISION"], "word": greeting()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Door).serve_forever()
"""
WORDS = """
# How people are greeted.


def greeting():
    return "hello"


# What else is said.
FAREWELL = "goodbye"
"""


class History:
    """The repository of the project, commit by commit."""

    def __init__(self, folder: Path) -> None:
        """Begin with code that is well."""
        self.folder = folder
        (folder / "src").mkdir()
        (folder / "goldenpath.toml").write_text(MANIFEST, encoding="utf-8")
        (folder / ".gitignore").write_text(".goldenpath/\n__pycache__/\n", encoding="utf-8")
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "somebody")
        self.git("config", "user.email", "somebody@example.org")
        self.write("main.py", MAIN)
        self.write("words.py", WORDS)
        self.first = self.commit("First")

    @property
    def system(self) -> System:
        """As its manifest says."""
        return load(self.folder / "goldenpath.toml")

    def write(self, name: str, text: str) -> None:
        """Write a file of the code."""
        (self.folder / "src" / name).write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Change one place of the code."""
        path = self.folder / "src" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")

    def commit(self, subject: str) -> str:
        """Commit everything; the commit's name."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", subject)
        return self.git("rev-parse", "HEAD")

    def git(self, *words: str) -> str:
        """What git says."""
        command = ["git", *words]
        return subprocess.run(command, cwd=self.folder, capture_output=True, check=True, text=True).stdout.strip()

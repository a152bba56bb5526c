"""The plugin in somebody else's test run: markers, and nothing more."""

import os
import subprocess
import sys
from pathlib import Path

BYSTANDER = """
import sys

import pytest


@pytest.mark.priority(1)
@pytest.mark.journey("chat")
@pytest.mark.category("core")
@pytest.mark.title("A bystander")
@pytest.mark.proof("log")
def test_nothing_else_is_loaded(request):
    loaded = {name for name in sys.modules if name.startswith(("goldenpath", "httpx", "websockets", "pydantic"))}
    assert loaded == {"goldenpath", "goldenpath.testing", "goldenpath.testing.plugin"}
    with pytest.raises(pytest.FixtureLookupError):
        request.getfixturevalue("door")
"""


def test_without_a_target_the_plugin_only_names_its_markers(tmp_path: Path) -> None:
    (tmp_path / "test_bystander.py").write_text(BYSTANDER)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GOLDENPATH_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-p", "goldenpath", "test_bystander.py"],
        cwd=tmp_path,
        env={**environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout

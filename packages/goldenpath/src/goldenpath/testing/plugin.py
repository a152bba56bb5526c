"""The pytest plugin's door: it registers goldenpath's markers, and does nothing more unless a target is given.

pytest loads this module in every run of every project that has goldenpath installed, so it imports nothing heavy.
"""

import os

import pytest

TARGET_VARIABLE = "GOLDENPATH_TARGET"
"""Names the file that describes the deployed target; set by `goldenpath test`."""
MARKERS = (
    "priority(n): 1 is what nobody can do without",
    "journey(name): the journey of goldenpath.toml whose value this test protects",
    "category(name): a group of tests that fail together",
    "title(text): the test in words, for reports",
    "proof(kind): where the test's nonce must be found: log, rows, or both when the marker is absent",
)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; with a target, load the fixtures and the recorder."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    if os.environ.get(TARGET_VARIABLE):
        config.pluginmanager.import_plugin("goldenpath.testing.fixtures")
        config.pluginmanager.import_plugin("goldenpath.testing.recorder")

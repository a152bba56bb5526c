"""netra without its metrics and without the watch over its loop: what the others are compared with.

`python unmetered.py web`, or `python unmetered.py worker`, whose agents follow `scripted_worker.py`.
"""

import contextlib
import sys
from collections.abc import Generator
from typing import Any

import scripted_worker
import uvloop

from netra.cli import web
from netra.telemetry import families, process


def _nothing(*_arguments: Any, **_more: Any) -> None:
    return None


@contextlib.contextmanager
def _unwatched() -> Generator[None]:
    yield


def main(what: str) -> None:
    """Take the counting out, then serve as ever."""
    families.Counter.add = families.Gauge.set = families.Gauge.add = families.Histogram.observe = _nothing
    process.__dict__["watched"] = _unwatched
    if what == "web":
        web.command([], standalone_mode=False)
    else:
        uvloop.run(scripted_worker.main(0.0))


if __name__ == "__main__":
    main(sys.argv[1])

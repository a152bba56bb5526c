"""`metrics.md`: what netra's processes show at /metrics."""

from netra.telemetry import instruments
from netra.telemetry.exposition import PROCESS
from netra.telemetry.families import CATALOGUE, MOST_SERIES

from .markdown import code, page, table

INTRODUCTION = f"""\
# Metrics of netra

What the web process shows at `/metrics`, and a worker at the port WORKER_METRICS_PORT, in Prometheus' text format. See
[how to watch a deployment](../guides/observability.md) for who may read them and what to alert on.

- Durations are histograms in seconds: `_bucket`, `_sum` and `_count` follow the name.
- No label holds an id, a path or a text of a person. A family with {MOST_SERIES} series puts what is new under `other`.
- A figure that could not be read at a scrape is `NaN`, and `netra_scrape_failures_total` counts it.
- The kernel's figures of the process have the names that every Prometheus user knows:
  {", ".join(map(code, PROCESS))} and others."""


def made() -> str:
    """The page."""
    assert instruments.BUILD in CATALOGUE  # noqa: S101 - the catalogue is filled by importing the instruments
    rows = ((code(f.name), f.kind, ", ".join(map(code, f.labels)), f.meaning) for f in CATALOGUE)
    return page([INTRODUCTION], table(("name", "kind", "labels", "meaning"), rows))

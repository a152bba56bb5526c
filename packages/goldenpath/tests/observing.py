"""Probing one edge of the sample system, and what it gave by name."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue
from sample import system

from goldenpath.facts import Observation
from goldenpath.manifest.model import Edge
from goldenpath.probes.edge import EdgeOptions, probe_edge
from goldenpath.probes.record import Recorder

QUICK = EdgeOptions(timeout_s=5.0)


def edge_to(target: str) -> Edge:
    """The sample's edge to this component."""
    return next(edge for edge in system().edges if edge.target == target)


async def probe(
    target: str, environ: Mapping[str, str], options: EdgeOptions = QUICK, edge: Edge | None = None
) -> tuple[Observation, ...]:
    """Everything observed of the sample's edge to this component."""
    return await probe_edge(Recorder(), system(), edge or edge_to(target), environ, options)


def values(observations: Sequence[Observation]) -> dict[str, JsonValue]:
    """Their values by name."""
    return {o.name: o.value for o in observations}


def texts(observations: Sequence[Observation]) -> dict[str, str]:
    """Their evidence in words by name."""
    return {o.name: o.text for o in observations}


def number(value: JsonValue) -> float:
    """A value that must be a number."""
    assert isinstance(value, int | float)
    return float(value)

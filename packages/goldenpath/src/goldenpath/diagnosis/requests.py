"""What the engine may ask to be measured."""

from typing import Literal

from goldenpath.facts import Record

ProbeKind = Literal[
    "edge",
    "edge_at_last_good",
    "edge_samples",
    "process",
    "health",
    "log",
    "schema",
    "journey",
    "journey_at_last_good",
    "env",
    "host",
    "server",
    "code",
    "access",
    "public",
]


class ProbeRequest(Record):
    """One measurement that would decide something; the subject is an edge, a component, a journey or the like."""

    probe: ProbeKind
    subject: str

"""The text that Prometheus scrapes, and who may read it."""

import hmac

from prometheus_client import ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from pydantic import SecretStr

from netra import __version__
from netra.settings.model import Settings
from netra.telemetry.families import REGISTRY
from netra.telemetry.instruments import BUILD

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
PROCESS = ("process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total")
"""What operators look at among the figures of the process itself, whose names every Prometheus user knows."""


def begin(settings: Settings, component: str) -> None:
    """Name this process, and add the figures that the kernel keeps of it; once a process."""
    BUILD.set(1, component, __version__, settings.revision, settings.environment)
    ProcessCollector(registry=REGISTRY)


def text() -> bytes:
    """Every series of this process as it is now."""
    return generate_latest(REGISTRY)


def may_read(authorization: str, token: SecretStr) -> bool:
    """Whether the Authorization header holds the token; takes equally long for every wrong one."""
    scheme, _, given = authorization.partition(" ")
    right = hmac.compare_digest(given.strip().encode(), token.get_secret_value().encode())
    return right and scheme.lower() == "bearer"

"""Where a web component can be reached from this machine, according to its own variables."""

from collections.abc import Mapping

from goldenpath.deploy.local.ports import LOOPBACK
from goldenpath.manifest.model import Component

HIGHEST_PORT = 65535
ANYWHERE = ("", "0.0.0.0", "::", "[::]")  # noqa: S104 - recognised here, never bound


def web_address(component: Component, environ: Mapping[str, str], chosen: str) -> tuple[str, int]:
    """Host and port to connect to; the `chosen` port where its variables name none.

    A host that means every interface is the loopback from here.
    """
    named = component.address
    host = environ.get(named.host, "").strip() if named else ""
    port = environ.get(named.port, "").strip() if named else ""
    return LOOPBACK if host in ANYWHERE else host, int(port if _is_port(port) else chosen)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) <= HIGHEST_PORT

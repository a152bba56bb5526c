"""Free ports from the operating system."""

import socket

from netra.embedded.failures import Component, ServerError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port nobody listens on now; another process can take it before it is used, so be ready to ask again."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def claim(component: Component, port: int) -> None:
    """See that nobody listens there: else a stranger with the same password would look like our server, ready."""
    with socket.socket() as probe:
        # As servers do; without it the last connections of a server that just ended would be in the way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise ServerError(
                f"port {port} cannot be used",
                component=component,
                tail=error.strerror or str(error),
                hint="stop what listens there, or choose another port",
            ) from error

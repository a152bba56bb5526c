"""`netra web`: serve HTTP, WebSocket and SSE."""

import click

from netra.settings import contract, logs
from netra.web.server import serve


@click.command()
def command() -> None:
    """Serve HTTP, WebSocket and SSE until told to stop; logs go to stderr as JSON lines."""
    settings = contract.load(contract.process_environment())
    logs.configure(settings, "web")
    contract.warn()
    serve(settings)

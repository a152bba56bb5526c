"""`asyncapi.json`: what goes over `/ws`, for programs that generate clients."""

import json

from netra.web.asyncapi import document


def made() -> str:
    """The document, as the service answers it at `/api/asyncapi.json`."""
    return json.dumps(document(), indent=2) + "\n"

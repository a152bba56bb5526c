"""The one place that reads the environment: what is missing stops the start, and is named."""

import os
import sys

REQUIRED = {
    "gateway": ("REVISION", "REDIS_URL", "ORDERS_URL", "PORT"),
    "orders": ("REVISION", "REDIS_URL", "DATABASE_URL", "PORT"),
    "packer": ("REDIS_URL", "DATABASE_URL"),
    "migrate": ("DATABASE_URL",),
}
"""By service."""


def read(service: str) -> dict[str, str]:
    """The settings of a service; ends the process when one is not set, or has white space around it."""
    names = REQUIRED[service]
    wrong = [name for name in names if not os.environ.get(name) or os.environ[name] != os.environ[name].strip()]
    if wrong:
        sys.exit(f"not set, or with white space around it: {', '.join(wrong)}")
    return {name: os.environ[name] for name in names}

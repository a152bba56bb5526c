"""A multi-user AI-agent platform that cannot fail silently."""

__version__ = "0.1.0"

"""The loop that keeps an agent platform honest."""

__version__ = "0.1.0"

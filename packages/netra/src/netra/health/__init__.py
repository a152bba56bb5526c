"""Startup phases and dependency probes."""

"""Runs the end-to-end tests and proves that they were real."""

"""Drills: real faults, injected on purpose, with the cause the loop must name."""

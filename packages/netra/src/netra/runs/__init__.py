"""Durable runs: accepted, claimed, executed, logged, followed, cancelled and swept."""

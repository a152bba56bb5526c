"""Fixes: planned in pure code, applied through a target's hands, verified, and taken back when they do not hold."""

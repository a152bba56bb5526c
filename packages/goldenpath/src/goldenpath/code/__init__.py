"""Compliance of the code: rules as data, a baseline, a bounded score that proves nothing, and codemods."""
